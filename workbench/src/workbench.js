// The query page with an editor that knows the terms, runs that can be cancelled, and rows that
// can be sorted. Without this file the page is a form that works.
import { Completions } from "./completions.js";
import { Editor } from "./editor.js";
import { Runner } from "./runner.js";
import { makeSortable } from "./sorting.js";

const form = document.querySelector("form.editor");
if (form) {
  // From this file, not from the root: the service may lie below a path.
  const completions = new Completions(new URL("../completions.json", import.meta.url));
  const editor = new Editor(form.elements.query, completions, () => form.requestSubmit());
  const runner = new Runner(form, editor, shown);
  shown();

  function shown() {
    document.querySelectorAll("table.result").forEach(makeSortable);
    editor.mark(document.querySelector(".problem[data-line]")?.dataset);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    runner.run(editor.text);
  });
  // What the page showed before is asked for again: the address says all of it.
  window.addEventListener("popstate", () => window.location.reload());
} else {
  document.querySelectorAll("table.result").forEach(makeSortable);
}
