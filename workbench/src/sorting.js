// Sorting the rows of a table by a column: a button in each head, numbers by their size.
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Let a table be sorted by each of its columns, in both directions. */
export function makeSortable(table) {
  if (table.dataset.sortable) return;
  table.dataset.sortable = "yes";
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sort(table.tBodies[0], column, descending);
    });
  });
}

function sort(body, column, descending) {
  const text = (row) => row.cells[column].textContent.trim();
  const rows = [...body.rows].map((row) => ({ row, key: text(row) }));
  // What is not there comes last in both directions.
  rows.sort((one, other) => {
    if (!one.key || !other.key) return (one.key ? 0 : 1) - (other.key ? 0 : 1);
    return descending ? collator.compare(other.key, one.key) : collator.compare(one.key, other.key);
  });
  body.append(...rows.map(({ row }) => row));
}
