// The editor itself: CodeMirror in a shadow root, whose styles need no exception from the
// Content-Security-Policy.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, LanguageSupport, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { styleTags, tags } from "@lezer/highlight";
import { SparqlLanguage } from "codemirror-lang-sparql";

// The language colours addresses but no names with a prefix.
const sparql = SparqlLanguage.configure({
  props: [styleTags({ "Pname_ln Pname_ns A_predicate": tags.propertyName })],
});

// Colours are those of the sheet of all pages; custom properties reach into a shadow root.
const theme = EditorView.theme({
  "&": {
    fontSize: "0.875rem",
    border: "1px solid var(--quiet)",
    borderRadius: "4px",
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    maxHeight: "32rem",
  },
  "&.cm-focused": { outline: "3px solid var(--link)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", minHeight: "8rem" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.6rem 0" },
  ".cm-gutters": {
    backgroundColor: "transparent",
    color: "var(--quiet)",
    border: "none",
  },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--line)", outline: "1px solid var(--quiet)" },
  ".cm-tooltip": { backgroundColor: "var(--ground)", color: "var(--text)", border: "1px solid var(--quiet)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--sans)", maxHeight: "16rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.2rem 0.6rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--link)",
    color: "var(--ground)",
  },
  ".cm-completionDetail": { fontStyle: "normal", marginLeft: "0.8rem", fontFamily: "var(--mono)", fontSize: "0.8rem" },
  ".cm-completionInfo": { fontFamily: "var(--sans)", padding: "0.4rem 0.6rem", maxWidth: "24rem" },
  // The usual underline is an image within the style sheet, which the policy does not let in.
  ".cm-lintRange-error": { backgroundImage: "none", backgroundColor: "var(--marked)", textDecoration: "underline wavy var(--warning)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--warning)" },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--mixed)", fontWeight: "600" },
  { tag: [tags.variableName, tags.special(tags.variableName)], color: "var(--up)" },
  { tag: [tags.string, tags.number, tags.bool], color: "var(--down)" },
  { tag: [tags.namespace, tags.url, tags.propertyName, tags.typeName], color: "var(--link)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]);

export class Editor {
  /** Put an editor in the place of a text area, and keep the area's value its own. */
  constructor(area, completions, run) {
    this.area = area;
    const label = area.labels[0];
    const host = document.createElement("div");
    host.className = "code";
    area.after(host);
    const root = host.attachShadow({ mode: "open" });
    this.view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: area.value,
        extensions: [
          lineNumbers(),
          highlightActiveLineGutter(),
          history(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          new LanguageSupport(sparql),
          syntaxHighlighting(colours),
          theme,
          EditorView.lineWrapping,
          autocompletion({ override: [completions.source], icons: false }),
          EditorView.contentAttributes.of({
            "aria-label": label.textContent,
            spellcheck: "false",
            tabindex: "0",
            autocapitalize: "off",
          }),
          // Tab leaves the editor, as it leaves every field.
          keymap.of([
            { key: "Mod-Enter", run: () => (run(), true) },
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) area.value = this.text;
          }),
        ],
      }),
    });
    area.hidden = true;
    label.addEventListener("click", () => this.view.focus());
  }

  /** Return the query as it stands. */
  get text() {
    return this.view.state.doc.toString();
  }

  /** Show where a query is wrong, given as line and column from 1, or that nothing is. */
  mark(place) {
    const { doc } = this.view.state;
    const diagnostics = [];
    if (place && Number(place.line) <= doc.lines) {
      const line = doc.line(Number(place.line));
      const at = Math.min(line.from + Number(place.column || 1) - 1, line.to);
      const word = this.view.state.wordAt(at) ?? { from: at, to: Math.min(at + 1, doc.length) };
      diagnostics.push({ ...word, severity: "error", message: place.message });
      this.view.dispatch({ selection: { anchor: word.from }, scrollIntoView: true });
    }
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }
}
