/* What is searched for, and filters: a select each, which offers what there is, with numbers. */

let needle = "";
const filters = [
  { id: "by-status", all: "Any", of: (node) => node.status },
  { id: "by-category", all: "All", of: (node) => node.definition?.category },
  { id: "by-source", all: "All", of: (node) => node.definition?.source },
  { id: "by-frame", all: "All", of: (node) => node.definition?.time_frame },
];
const withoutValue = "without a value";

function fillFilters() {
  for (const filter of filters) {
    const select = $(filter.id), before = select.value, counts = new Map();
    for (const node of metrics) {
      const word = filter.of(node);
      if (word) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    const gaps = metrics.length - (counts.get("ok") ?? 0);
    select.replaceChildren(make("option", { value: "" }, filter.all));
    if (filter.id === "by-status" && gaps > 0)
      select.append(make("option", { value: withoutValue }, `${withoutValue} (${whole.format(gaps)})`));
    for (const [word, count] of [...counts].sort((a, b) => b[1] - a[1]))
      select.append(make("option", { value: word }, `${word} (${whole.format(count)})`));
    select.value = before;
    if (select.selectedIndex < 0) select.value = "";
  }
}

/* Every word of the search must stand somewhere; what is no metric has nothing but a path. */
function matcher() {
  const parts = needle.split(/\s+/).filter((part) => part !== "");
  const chosen = filters.filter((filter) => $(filter.id).value !== "")
    .map((filter) => [filter.of, $(filter.id).value]);
  return (node) => {
    if (!node.metric && chosen.length > 0) return false;
    const text = node.searched ?? (node.searched = node.path.toLowerCase());
    return parts.every((part) => text.includes(part)) &&
      chosen.every(([of, value]) => of(node) === value || (value === withoutValue && node.status !== "ok"));
  };
}

const isFiltered = () => needle !== "" || filters.some((filter) => $(filter.id).value !== "");
