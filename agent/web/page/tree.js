/*
 * The payload as a tree that is searched and filtered. Thousands of rows are a list of nodes; only
 * those that can be seen are elements. The window scrolls, so a phone and a desk work alike.
 */

const root = { children: [], path: "", level: 0 };
const nodes = new Map(); /* by path; groups, too */
const metrics = []; /* the nodes that a definition stands behind, or an outcome */
const folded = new Set(["service_ping"]);
let shown = []; /* nodes in the order of their rows */
let drawn = new Map(); /* node -> its row's element */
let active = null; /* the node that has, or gets, the focus */

const isBranch = (value) => typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Exact);

function addNode(parent, name) {
  const path = parent.path === "" ? name : `${parent.path}.${name}`;
  let node = nodes.get(path);
  if (node === undefined) {
    node = { name, path, parent, level: parent.level + 1, children: [], value: undefined, metric: false };
    nodes.set(path, node);
    parent.children.push(node);
  }
  return node;
}

/* `known` holds the key paths: what stands there is a value, even if it is an object. */
function addValue(parent, name, value, known) {
  const node = addNode(parent, name);
  if (!isBranch(value) || known.has(node.path)) {
    node.value = value;
    node.inPayload = true;
    return;
  }
  for (const [key, inside] of Object.entries(value)) addValue(node, key, inside, known);
}

const byName = (a, b) => (a.path === "service_ping") - (b.path === "service_ping") || (a.name < b.name ? -1 : 1);

function sortTree(node) {
  node.children.sort(byName);
  node.children.forEach(sortTree);
}

const whyNot = (node) => node.outcome?.reason ?? node.definition?.reason ?? "";

/* What the ping itself says of a metric without a value, where no outcome is known any more. */
function readGaps() {
  for (const gap of data.payload?.service_ping?.not_ok ?? []) {
    const node = nodes.get(gap.key_path);
    if (node !== undefined) node.outcome ??= gap;
  }
}

/* Of what no collection has answered, the definition knows why; or there was none yet. */
const states = { new: "held", changed: "held", "not permitted": "not permitted", "not computed": "off" };

function statusOf(node) {
  if (node.outcome !== undefined) return node.outcome.status;
  if (node.inPayload && node.value !== null) return "ok";
  return states[node.definition?.state] ?? "not collected";
}

function finishMetric(node) {
  const definition = node.definition ?? {};
  node.metric = true;
  node.status = statusOf(node);
  node.trend = (node.outcome?.trend ?? []).map(([at, value]) => [timeOf(at)?.getTime(), Number(value)])
    .filter(([at, value]) => at && Number.isFinite(value)).sort((a, b) => a[0] - b[0]);
  node.searched = `${node.path}\n${definition.description ?? ""}\n${definition.owner ?? ""}`.toLowerCase();
}

/* Relative to what it was, so that a small metric that doubled comes before a large one that grew. */
function changeOf(node) {
  const [before, now] = node.trend.slice(-2).map(([, value]) => value);
  return now === undefined ? -1 : Math.abs(now - before) / Math.max(Math.abs(before), 1);
}

function buildTree() {
  const known = new Map();
  nodes.clear();
  root.children = [];
  metrics.length = 0;
  for (const item of [...data.definitions, ...data.outcomes]) known.set(item.key_path, null);
  for (const [key, value] of Object.entries(data.payload ?? {})) addValue(root, key, value, known);
  const at = (path) => path.split(".").reduce(addNode, root);
  for (const definition of data.definitions) at(definition.key_path).definition = definition;
  for (const outcome of data.outcomes) at(outcome.key_path).outcome = outcome;
  readGaps();
  sortTree(root);
  for (const node of nodes.values())
    if (node.definition !== undefined || node.outcome !== undefined) {
      finishMetric(node);
      metrics.push(node);
    }
}

/* Counts what matches below every group, and lists what is to be seen. */
function listBelow(node, matches, list) {
  let count = 0, gaps = 0;
  for (const child of node.children) {
    const place = list.length;
    if (child.children.length === 0) {
      if (!matches(child)) continue;
      list.push(child);
      count++;
      gaps += child.metric && child.status !== "ok" ? 1 : 0;
      continue;
    }
    list.push(child);
    listBelow(child, matches, list);
    count += child.count;
    gaps += child.gaps;
    if (child.count === 0) list.length = place;
    else if (folded.has(child.path)) list.length = place + 1;
  }
  node.count = count;
  node.gaps = gaps;
}

const orders = {
  took: (node) => node.outcome?.took_us ?? -1,
  change: changeOf,
};

function listNodes() {
  const matches = matcher(), order = orders[$("order").value];
  if (order === undefined) {
    const list = [];
    listBelow(root, matches, list);
    return list;
  }
  return metrics.filter(matches).map((node) => [order(node), node])
    .sort((a, b) => b[0] - a[0]).map(([, node]) => node);
}

const isFlat = () => $("order").value !== "";

function sayCount() {
  const count = isFiltered() ? metrics.filter(matcher()).length : metrics.length;
  const gaps = metrics.filter((node) => node.status !== "ok").length;
  $("count").textContent = isFiltered()
    ? `${whole.format(count)} of ${plural(metrics.length, "metric")}`
    : `${plural(metrics.length, "metric")}, ${gaps === 0 ? "each with a value" : `${whole.format(gaps)} without a value`}`;
  $("clear").hidden = !isFiltered();
  $("fold").hidden = isFlat();
  $("fold").textContent = folded.size > 1 ? "Expand all" : "Collapse all";
}

/* Lists and draws anew; `told` says the number, which a screen reader reads out. */
function listAgain() {
  shown = listNodes();
  if (!shown.includes(active)) active = shown[0] ?? null;
  $("tree").setAttribute("aria-rowcount", shown.length + 1);
  $("rows").style.height = `${Math.max(shown.length, 1) * rowHeight()}px`;
  for (const row of drawn.values()) row.remove();
  drawn.clear();
  drawRows();
  sayCount();
  if (shown.length === 0) $("rows").replaceChildren(make("p", { class: "empty" }, metrics.length > 0
    ? "No metric matches." : "Nothing has been collected yet. ‘service-ping preview’ collects, and sends nothing."));
  else $("rows").querySelector(".empty")?.remove();
}

const rowHeight = () => parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row"), 10);

/* The found parts of a path are marked. */
function drawName(name) {
  const part = needle.split(/\s+/)[0], at = part === "" ? -1 : name.toLowerCase().indexOf(part);
  return at < 0 ? [name] : [name.slice(0, at), make("mark", {}, name.slice(at, at + part.length)), name.slice(at + part.length)];
}

function drawSpark(trend) {
  if (trend.length < 2) return null;
  const width = 96, height = 20, edge = 2, [scaleX, scaleY] = scales(trend, width - 2 * edge, height - 2 * edge);
  const points = trend.map(([at, value]) => [edge + scaleX(at), height - edge - scaleY(value)]);
  const [x, y] = points[points.length - 1];
  return make("svg:svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    make("svg:path", { d: "M" + points.map((point) => point.map((n) => n.toFixed(1)).join(" ")).join("L") }),
    make("svg:circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 1.75 }));
}

/* Functions from a time and a value to places in a drawing; what never changed runs in the middle. */
function scales(trend, width, height, floor = Infinity) {
  const values = trend.map(([, value]) => value), times = trend.map(([at]) => at);
  const low = Math.min(floor, ...values), high = Math.max(...values), from = times[0], to = times[times.length - 1];
  return [
    (at) => to === from ? width / 2 : (at - from) / (to - from) * width,
    (value) => high === low ? height / 2 : (value - low) / (high - low) * height,
  ];
}

function cell(className, ...children) {
  return make("span", { role: "gridcell", class: className }, ...children);
}

function drawGroup(node, row) {
  row.classList.add("group");
  row.setAttribute("aria-expanded", !folded.has(node.path));
  row.append(
    make("span", { role: "rowheader", class: "name" },
      make("svg:svg", { class: "twist", viewBox: "0 0 12 12", "aria-hidden": "true" }, make("svg:path", { d: "M4 2l4 4-4 4" })),
      make("span", { class: "key" }, ...drawName(node.name)),
      make("span", { class: "count-of" }, whole.format(node.count))),
    cell("of-meaning"), cell("of-value"),
    cell("of-status soft", node.gaps > 0 ? `${whole.format(node.gaps)} without` : null),
    ...["trend", "frame", "category", "took"].map((column) => cell("of-" + column)));
}

function drawLeaf(node, row) {
  const definition = node.definition ?? {}, isText = typeof node.value === "string" || isBranch(node.value) || Array.isArray(node.value);
  row.classList.add("leaf");
  row.setAttribute("aria-selected", node === opened);
  row.append(
    make("span", { role: "rowheader", class: "name", title: node.path },
      isFlat() ? null : make("span", { class: "twist" }),
      make("span", { class: "key" }, ...drawName(isFlat() ? node.path : node.name))),
    cell("of-meaning soft", node.metric && node.status !== "ok" ? whyNot(node) : definition.description ?? ""),
    cell(isText ? "of-value number soft" : "of-value number", sayValue(node.value)),
    cell("of-status", node.metric ? drawStatus(node.status) : null),
    cell("of-trend", node.metric ? drawSpark(node.trend) : null),
    cell("of-frame soft", definition.time_frame ?? ""),
    cell("of-category soft", definition.category ?? ""),
    cell("of-took number soft", sayTook(node.outcome?.took_us)));
}

function drawRow(node) {
  const row = make("div", { role: "row", class: "row", tabindex: "-1", "data-path": node.path });
  if (!isFlat()) {
    row.setAttribute("aria-level", node.level);
    row.style.setProperty("--level", node.level - 1);
  }
  if (node.children.length > 0 && !isFlat()) drawGroup(node, row);
  else drawLeaf(node, row);
  return row;
}

/* Rows in sight and a few beyond, and the one with the focus wherever it is. They keep their
 * elements, so that the focus stays, and stand in order, so that a screen reader reads them so. */
function drawRows() {
  const rows = $("rows"), height = rowHeight(), top = rows.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(-top / height) - 6);
  const last = Math.min(shown.length, Math.ceil((innerHeight - top) / height) + 6);
  const wanted = new Map();
  if (rows.offsetParent === null) return;
  const activeAt = shown.indexOf(active);
  if (activeAt >= 0 && activeAt < first) wanted.set(active, activeAt);
  for (let i = first; i < last; i++) wanted.set(shown[i], i);
  if (activeAt >= last) wanted.set(active, activeAt);
  for (const [node, row] of drawn)
    if (!wanted.has(node)) {
      row.remove();
      drawn.delete(node);
    }
  let before = rows.firstElementChild;
  for (const [node, index] of wanted) {
    let row = drawn.get(node);
    if (row === undefined) {
      row = drawRow(node);
      row.style.top = `${index * height}px`;
      row.setAttribute("aria-rowindex", index + 2);
      drawn.set(node, row);
    }
    row.tabIndex = node === active ? 0 : -1;
    if (row === before) before = row.nextElementSibling;
    else rows.insertBefore(row, before);
  }
}

function toggle(node, open = folded.has(node.path)) {
  const hadFocus = drawn.get(node) === document.activeElement;
  if (open) folded.delete(node.path);
  else folded.add(node.path);
  active = node;
  listAgain();
  if (hadFocus) drawn.get(node)?.focus({ preventScroll: true });
}

/* What sticks to the top covers no row; `below` is how much is to be seen after it. */
function scrollToRow(index, below = 0) {
  const height = rowHeight(), y = $("rows").getBoundingClientRect().top + index * height;
  const above = document.querySelector(".views").offsetHeight + document.querySelector(".titles").offsetHeight;
  if (y < above) scrollBy(0, y - above);
  else if (y + height + below > innerHeight) scrollBy(0, y + height + below - innerHeight);
  drawRows();
}

/* Moves the focus, and the window as far as it must. */
function moveTo(index) {
  const node = shown[Math.min(Math.max(index, 0), shown.length - 1)];
  if (node === undefined) return;
  active = node;
  scrollToRow(shown.indexOf(node));
  drawn.get(node)?.focus({ preventScroll: true });
  if (opened !== null && !isNarrow() && node.children.length === 0) openMetric(node);
}

const isOpenGroup = (node) => node.children.length > 0 && !isFlat() && !folded.has(node.path);
const keys = {
  ArrowDown: (index) => moveTo(index + 1),
  ArrowUp: (index) => moveTo(index - 1),
  Home: () => moveTo(0),
  End: () => moveTo(shown.length - 1),
  PageDown: (index) => moveTo(index + Math.floor(innerHeight / rowHeight()) - 4),
  PageUp: (index) => moveTo(index - Math.floor(innerHeight / rowHeight()) + 4),
  ArrowRight: (index) => {
    if (isOpenGroup(active)) moveTo(index + 1);
    else if (active.children.length > 0) toggle(active, true);
  },
  ArrowLeft: () => {
    if (isOpenGroup(active)) toggle(active, false);
    else if (active.parent !== root && !isFlat()) moveTo(shown.indexOf(active.parent));
  },
  Enter: () => choose(active, true),
  " ": () => choose(active, true),
};

function choose(node, byKey) {
  if (node.children.length > 0) toggle(node);
  else openMetric(node, byKey || isNarrow());
}

function beginTree() {
  let asked = 0;
  const again = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(drawRows);
  };
  const filterChanged = () => {
    needle = $("search").value.trim().toLowerCase();
    if (isFiltered()) folded.clear();
    listAgain();
    if ($("rows").getBoundingClientRect().top < 0) $("filters").scrollIntoView();
  };
  addEventListener("scroll", again, { passive: true });
  addEventListener("resize", () => listAgain());
  $("filters").addEventListener("input", filterChanged);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("clear").addEventListener("click", () => {
    $("filters").reset();
    filterChanged();
    $("search").focus();
  });
  $("fold").addEventListener("click", () => {
    if (folded.size > 1) folded.clear();
    else for (const node of nodes.values()) if (node.children.length > 0) folded.add(node.path);
    listAgain();
  });
  $("rows").addEventListener("click", (event) => {
    const node = nodes.get(event.target.closest(".row")?.dataset.path);
    if (node === undefined) return;
    active = node;
    drawRows();
    drawn.get(node)?.focus({ preventScroll: true });
    choose(node, false);
  });
  $("rows").addEventListener("keydown", (event) => {
    const key = keys[event.key];
    if (key === undefined || active === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    key(shown.indexOf(active));
  });
}
