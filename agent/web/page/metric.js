/* One metric: what it means, where it comes from, what it is, and what it was. */

let opened = null; /* the node that is shown */

const narrow = matchMedia("(max-width: 67.99rem)");
const isNarrow = () => narrow.matches;

/* The days that the payload says it was counted over. */
function sayWindow(definition) {
  const windows = data.payload?.service_ping?.windows ?? {};
  const place = definition.source === "database" ? "database" : "redis";
  const span = windows[`${definition.time_frame}_${place}`];
  return span === undefined ? "" : `, ${sayTime(span.from, dayOnly)} to ${sayTime(span.to, dayOnly)}`;
}

const frames = { all: "All time", none: "No time frame", "7d": "7 days", "28d": "28 days" };
const sources = { database: "Database", redis: "Redis", events: "Redis, events", system: "The system itself" };
const approvals = {
  new: "New: held until it is accepted",
  changed: "Changed: held until it is accepted",
};

const factRows = [
  ["Status", (node) => node.metric ? drawStatus(node.status) : null],
  ["Approval", (node, definition) => approvals[definition.state]],
  ["Owner", (node, definition) => definition.owner],
  ["Category", (node, definition) => definition.category],
  ["Time frame", (node, definition) => definition.time_frame && (frames[definition.time_frame] ?? definition.time_frame) + sayWindow(definition)],
  ["Source", (node, definition) => definition.service ?? sources[definition.source] ?? definition.data_source],
  ["Since", (node, definition) => definition.milestone],
  ["Took", (node) => sayTook(node.outcome?.took_us)],
  ["Defined in", (node, definition) => definition.file && make("span", { class: "key" }, definition.file)],
];

function drawFacts(node) {
  const list = make("dl");
  for (const [name, of] of factRows) {
    const fact = of(node, node.definition ?? {});
    if (fact) list.append(make("dt", {}, name), make("dd", {}, fact));
  }
  return list;
}

function drawValue(node) {
  if (node.metric && node.status !== "ok") return make("p", { class: "value soft" }, "No value");
  if (typeof node.value === "object" && node.value !== null && !(node.value instanceof Exact))
    return make("p", { class: "value long" }, JSON.stringify(node.value, (key, value) => value instanceof Exact ? value.text : value, 2));
  return make("p", { class: "value" }, typeof node.value === "string" ? node.value : sayValue(node.value));
}

/* How exact the number is, in words: "exact", "hyperloglog, standard error 0.81%". */
function sayMethod(outcome) {
  if (outcome?.status !== "ok" || !outcome.method) return null;
  const sign = /^\d/.test(outcome.error_bound) ? "±" : ""; // some bounds are words on what may be missed
  return outcome.error_bound ? `${outcome.method}, ${sign}${outcome.error_bound}` : outcome.method === "exact" ? "Counted exactly" : outcome.method;
}

/* What the drawing shows, for who does not see it; the table below has every value. */
function sayTrend(trend) {
  const values = trend.map(([, value]) => value), [from, before] = trend[0], [to, now] = trend[trend.length - 1];
  return `From ${sayValue(before)} on ${dayOnly.format(from)} to ${sayValue(now)} on ${dayOnly.format(to)}; `
    + `between ${sayValue(Math.min(...values))} and ${sayValue(Math.max(...values))}`;
}

/* From zero, unless that would flatten everything; the ends of the axis are written beside it. */
function drawPlot(trend) {
  const values = trend.map(([, value]) => value), high = Math.max(...values);
  let low = Math.min(...values);
  if (low > 0 && low < high * 0.6) low = 0;
  const [x, y] = scales(trend, 100, 36, low);
  const at = ([time, value]) => `${x(time).toFixed(2)} ${(38 - y(value)).toFixed(2)}`;
  const drawing = make("svg:svg", { viewBox: "0 0 100 40", preserveAspectRatio: "none", "aria-hidden": "true" },
    make("svg:line", { x1: 0, y1: 2, x2: 100, y2: 2 }), make("svg:line", { x1: 0, y1: 38, x2: 100, y2: 38 }),
    make("svg:path", { d: "M" + trend.map(at).join("L") }),
    ...trend.map((point) => make("svg:path", { class: "dot", d: `M${at(point)}h0` },
      make("svg:title", {}, `${dayAndTime.format(point[0])}: ${sayValue(point[1])}`))));
  return make("div", { class: "plot", role: "img", "aria-label": sayTrend(trend) }, drawing,
    high === low ? null : make("span", { class: "high" }, sayValue(high)),
    make("span", { class: "low" }, sayValue(low)),
    make("span", { class: "first" }, dayOnly.format(trend[0][0])),
    make("span", { class: "last" }, dayOnly.format(trend[trend.length - 1][0])));
}

function drawPast(trend) {
  const body = make("tbody");
  for (const [at, value] of [...trend].reverse())
    body.append(make("tr", {}, make("td", {}, dayAndTime.format(at)), make("td", { class: "number" }, sayValue(value))));
  return make("details", {}, make("summary", {}, "These values as a table"),
    make("table", { class: "past", "aria-label": `The last ${trend.length} values` },
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Collected"), make("th", { scope: "col", class: "number" }, "Value"))), body));
}

function drawTrend(trend) {
  if (trend.length < 2) return [];
  return [make("h4", {}, `The last ${trend.length} collections`), drawPlot(trend), drawPast(trend)];
}

function drawOrigin(definition) {
  if (!definition.origin) return [];
  const title = definition.source === "database" ? "SQL" : definition.source === "system" ? "Read from" : "Redis keys";
  return [
    make("div", { class: "origin-title" }, make("h4", {}, title),
      copyButton(() => definition.origin, "the origin")),
    make("pre", { tabindex: "0", role: "region", "aria-label": title }, definition.origin),
    definition.method ? make("p", { class: "soft" }, definition.method) : null,
  ];
}

function drawMetric(node) {
  const definition = node.definition ?? {}, panel = $("metric");
  const reason = node.status === "ok" ? null : whyNot(node);
  panel.replaceChildren(
    make("header", {}, make("h3", { id: "metric-title", tabindex: "-1" }, node.path),
      copyButton(() => node.path, "the key path"), button("Close", closeMetric, { class: "quiet" })),
    drawValue(node),
    ...[sayMethod(node.outcome)].filter(Boolean).map((method) => make("p", { class: "soft" }, method)),
    ...[reason].filter(Boolean).map((text) => make("p", { class: "reason" }, text)),
    ...[definition.description].filter(Boolean).map((text) => make("p", { class: "meaning" }, text)),
    ...drawTrend(node.trend ?? []),
    drawFacts(node),
    ...drawOrigin(definition).filter(Boolean));
  panel.scrollTop = 0;
}

/* On a narrow screen it covers the rest, which then must not be reached. */
function cover() {
  const covers = opened !== null && isNarrow();
  for (const element of document.querySelectorAll(".top, .state, .views, .filters, #metrics > .count, #tree")) element.inert = covers;
  document.documentElement.classList.toggle("covered", covers);
}

function openMetric(node, withFocus = false) {
  const before = opened, wasOpen = opened !== null;
  opened = node;
  drawMetric(node);
  $("metric").hidden = false;
  document.querySelector(".split").classList.add("open");
  for (const changed of [before, node]) drawn.get(changed)?.setAttribute("aria-selected", changed === node);
  cover();
  if (!wasOpen) drawRows();
  if (withFocus) $("metric-title").focus({ preventScroll: true });
  history.replaceState(null, "", "#/metrics/" + encodeURIComponent(node.path));
}

function closeMetric() {
  const node = opened;
  if (node === null) return;
  opened = null;
  $("metric").hidden = true;
  document.querySelector(".split").classList.remove("open");
  cover();
  drawn.get(node)?.setAttribute("aria-selected", "false");
  history.replaceState(null, "", "#/metrics");
  if (shown.includes(node)) moveTo(shown.indexOf(node));
}

function beginMetric() {
  narrow.addEventListener("change", cover);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && opened !== null && document.querySelector("dialog[open]") === null) closeMetric();
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && view === "metrics" && opened === null) {
      event.preventDefault();
      $("search").focus();
    }
  });
}
