// What the editor offers while one types: the ontology's names by their labels and synonyms,
// declared prefixes, and the query's own variables.
const MOST = 60;

const KEYWORDS = [
  "ASK", "AVG", "BIND", "BOUND", "COALESCE", "CONSTRUCT", "CONTAINS", "COUNT", "DESCRIBE", "DISTINCT",
  "EXISTS", "FILTER", "FROM", "GRAPH", "GROUP BY", "GROUP_CONCAT", "HAVING", "IF", "LANG", "LCASE",
  "LIMIT", "MAX", "MIN", "MINUS", "NOT EXISTS", "OFFSET", "OPTIONAL", "ORDER BY", "PREFIX", "REGEX",
  "SAMPLE", "SELECT", "STR", "STRSTARTS", "SUM", "UNION", "VALUES", "WHERE",
];

export class Completions {
  constructor(address) {
    this.address = address;
    this.source = this.source.bind(this);
  }

  /** Return what is known, fetched at the first key and kept; nothing where it cannot be had. */
  known() {
    this.fetched ??= fetch(this.address, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .catch(() => {
        this.fetched = undefined;
        return { prefixes: {}, names: [] };
      });
    return this.fetched;
  }

  async source(context) {
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) return variables(context.state.doc.toString(), variable);
    const word = context.matchBefore(/[A-Za-z_][\w-]*:?[\w-]*/);
    if (!word && !context.explicit) return null;
    const { prefixes, names } = await this.known();
    const typed = word?.text ?? "";
    const options = [...matching(names, typed, prefixes), ...keywords(typed)];
    return { from: word?.from ?? context.pos, options, filter: false };
  }
}

function variables(text, typed) {
  const found = new Set(text.match(/[?$]\w+/g));
  found.delete(typed.text);
  const options = [...found].sort().map((label) => ({ label, type: "variable" }));
  return { from: typed.from, options, validFor: /^[?$]\w*$/ };
}

function keywords(typed) {
  if (!typed || typed.includes(":")) return [];
  const begin = typed.toUpperCase();
  return KEYWORDS.filter((word) => word.startsWith(begin)).map((label) => ({ label, type: "keyword" }));
}

/** Return the names that fit what is typed, best first: by name, by label, by synonym. */
export function matching(names, typed, prefixes) {
  const [begin, local] = typed.includes(":") ? typed.split(":") : [null, typed];
  const wanted = local.toLowerCase().replaceAll("_", " "); // a blank would end the word
  const ranked = [];
  for (const name of names) {
    if (begin !== null && !name.name.startsWith(`${begin}:`)) continue;
    const rank = rankOf(name, wanted);
    if (rank !== null) ranked.push({ rank, name });
  }
  ranked.sort((one, other) => one.rank - other.rank || (one.name.label < other.name.label ? -1 : 1));
  return ranked.slice(0, MOST).map(({ name }) => ({
    label: name.name,
    displayLabel: name.label,
    detail: name.name,
    info: [name.kind, name.about].filter(Boolean).join(": "),
    apply: (view, completion, from, to) => insert(view, name.name, from, to, prefixes),
  }));
}

function rankOf({ name, label, also }, wanted) {
  if (!wanted) return 3;
  const local = name.slice(name.indexOf(":") + 1).toLowerCase();
  const words = label.toLowerCase();
  if (local.startsWith(wanted) || words.startsWith(wanted)) return 0;
  if (words.split(/[\s-]+/).some((word) => word.startsWith(wanted))) return 1;
  if (also.some((other) => other.toLowerCase().startsWith(wanted))) return 2;
  if (local.includes(wanted) || words.includes(wanted)) return 3;
  return null;
}

/** Write a name where the cursor stands, and declare its prefix where the query does not. */
function insert(view, name, from, to, prefixes) {
  const prefix = name.slice(0, name.indexOf(":"));
  const text = view.state.doc.toString();
  const changes = [{ from, to, insert: name }];
  const declared = new RegExp(`^\\s*PREFIX\\s+${prefix}:`, "im").test(text);
  let ahead = 0;
  if (!declared && prefixes[prefix]) {
    const line = `PREFIX ${prefix}: <${prefixes[prefix]}>\n`;
    changes.unshift({ from: 0, insert: line });
    ahead = line.length;
  }
  view.dispatch({ changes, selection: { anchor: from + name.length + ahead } });
}
