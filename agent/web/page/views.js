/* What stands around the metrics: the state in words, the raw document, history, changes. */

const modes = { on: "On", local: "Local", off: "Off" };
const pingWords = {
  sent: ["arrived", "Arrived"], waiting: ["waiting", "Waits to be sent"],
  sealed: ["sealed", "Sealed, not sent"], kept: ["kept", "Kept, never sent"], rejected: ["rejected", "Refused by the endpoint"],
};
const drawPingState = (ping) => ping.withheld_at
  ? drawStatus("kept", "Withheld: it holds more than is permitted now")
  : drawStatus(...(pingWords[ping.state] ?? [ping.state]));
const newestSent = () => data.pings.find((ping) => ping.state === "sent");

function nobodyAnswered() {
  const { consent = {} } = data.status;
  return consent.mode === "local" && !consent.changed_at && !consent.fixed && !consent.not_tracked;
}

/* One sentence: may anything leave, and did the last thing that should? */
function sayHeadline() {
  const { consent = {}, delivery = {}, last_ping: last } = data.status;
  if (consent.mode === "off") return "Consent is off. Nothing is collected and nothing leaves this instance.";
  if (nobodyAnswered()) return "Nobody has consented yet. Nothing leaves this instance.";
  if (consent.mode === "local") return "Consent is local. Numbers are collected and kept here; nothing leaves this instance.";
  if (!last) return "Consent is on. No ping has been made yet.";
  if (last.state === "rejected") return "The endpoint refused the last ping. It is kept here.";
  if (last.state === "waiting") return delivery.failing_since
    ? `The last ping has not arrived. It is tried again; the endpoint has failed since ${sayTime(delivery.failing_since)}.`
    : "The last ping is on its way.";
  if (last.state === "sent") return `The last ping arrived, ${sayTime(last.receipt_at ?? last.sealed_at, dayOnly)}.`;
  return "The last ping is sealed and has not been sent.";
}

function consentFact() {
  const { consent = {} } = data.status;
  const names = Object.entries(consent.categories ?? {}).filter(([, on]) => on).map(([name]) => name);
  return [modes[consent.mode] ?? "Not known",
    names.length > 0 ? `Permitted: ${names.join(", ")}.` : null,
    consent.not_tracked ? "DO_NOT_TRACK=1 of the environment makes it local." : null,
    consent.changed_by ? `Given ${consent.changed_by === "page" ? "on this page" : `by ${consent.changed_by}`}, ${sayTime(consent.changed_at, dayOnly)}.` : null,
    consent.fixed ? make("span", {}, "Set in the settings: ", make("code", {}, "consent:"))
      : served ? null : make("span", {}, "To change it: ", make("code", {}, "service-ping consent"))];
}

function lastFact() {
  const { last_ping: last, delivery = {} } = data.status;
  if (!last) return ["None yet"];
  return [make("span", {}, `No. ${last.seq}, `, drawTime(last.sealed_at)), drawPingState(last),
    last.state !== "sent" && delivery.said ? delivery.said : null,
    last.state !== "sent" && newestSent() ? make("span", {}, `The last to arrive: No. ${newestSent().seq}, `, drawTime(newestSent().sealed_at)) : null,
    delivery.next_try ? make("span", {}, "Next try: ", drawTime(delivery.next_try)) : null];
}

function nextFact() {
  const { schedule = {}, agent = {}, delivery = {}, consent = {} } = data.status;
  const setting = schedule.setting === "weekly" ? "Weekly, in this instance’s own minute."
    : schedule.setting ? `Schedule: ${schedule.setting}${schedule.time_zone ? `, ${schedule.time_zone}` : ""}.` : null;
  const where = consent.mode !== "on" ? null : delivery.endpoint ? `To ${delivery.endpoint}.` : "No endpoint is set: nothing can be sent.";
  if (!schedule.next_run) return [agent.running === false ? "No agent runs" : "None is due", setting, where];
  return [drawTime(schedule.next_run), served ? sayFromNow(schedule.next_run).replace(/^./, (letter) => letter.toUpperCase()) + "." : null, setting, where];
}

function metricsFact() {
  const gaps = new Map();
  for (const node of metrics) if (node.status !== "ok") gaps.set(node.status, (gaps.get(node.status) ?? 0) + 1);
  const count = [...gaps.values()].reduce((sum, one) => sum + one, 0);
  const list = [...gaps].sort((a, b) => b[1] - a[1]).map(([status, one]) => `${whole.format(one)} ${status}`).join(", ");
  const { definitions = {} } = data.status;
  return [`${whole.format(metrics.length - count)} of ${whole.format(metrics.length)} have a value`,
    count > 0 ? make("span", {}, `The others: ${list}. `, button("Show them", () => {
      $("filters").reset();
      $("by-status").value = withoutValue;
      $("filters").dispatchEvent(new Event("input"));
      show("metrics", "", true);
    }, { class: "quiet inline" })) : null,
    definitions.held > 0 ? `${plural(definitions.held, "definition")} held until accepted.` : null];
}

function drawState() {
  const { agent = {}, progress, instance_id: id, now } = data.status, facts = $("facts");
  const trouble = [agent.trouble, progress ? `A collection runs: ${whole.format(progress.answered)} of ${plural(progress.metrics, "metric")} answered.` : null].filter(Boolean).join(" ");
  const host = data.payload?.hostname ?? "";
  $("instance").textContent = [host, id, served ? null : now && `as of ${sayTime(now)}`].filter(Boolean).join(" · ");
  document.title = host === "" ? "Service Ping" : `Service Ping, ${host}`;
  $("headline").textContent = sayHeadline();
  $("trouble").textContent = trouble;
  $("trouble").hidden = trouble === "";
  facts.replaceChildren();
  for (const [name, of] of [["Consent", consentFact], ["Last ping", lastFact], ["Next ping", nextFact], ["Metrics", metricsFact]]) {
    const [lead, ...more] = of();
    facts.append(make("div", {}, make("dt", {}, name), make("dd", { class: "lead" }, lead),
      ...more.filter(Boolean).map((line) => make("dd", {}, line))));
  }
}

/* The exact bytes, in pieces of lines, so that the browser lays out only what is seen. */
function drawRaw() {
  const box = $("raw-text"), lines = data.text.split(/(?<=\n)/), size = new TextEncoder().encode(data.text).length;
  const sealed = data.pings.find((ping) => ping.id === data.payload?.service_ping?.ping_id);
  box.replaceChildren();
  $("copy").disabled = $("download").disabled = data.payload === null;
  $("raw-words").textContent = data.payload === null ? "Nothing has been collected yet."
    : sealed ? `Ping No. ${sealed.seq}, byte for byte: ${whole.format(size)} bytes, SHA-256 ${sealed.digest}`
      : `What would be sent: ${whole.format(size)} bytes`;
  for (let i = 0; i < lines.length; i += 200) {
    const part = lines.slice(i, i + 200), pre = make("pre", {}, part.join("").replace(/\n$/, ""));
    pre.style.containIntrinsicSize = `auto ${part.length * 1.125}rem`;
    box.append(pre);
  }
}

function beginRaw() {
  $("copy").addEventListener("click", async () => {
    await copyText(data.text);
    $("copied").textContent = "Copied";
    setTimeout(() => { $("copied").textContent = ""; }, 2000);
  });
  $("download").addEventListener("click", () => {
    const link = make("a", { download: `service-ping-${data.payload?.service_ping?.ping_id ?? "payload"}.json` });
    link.href = URL.createObjectURL(new Blob([data.text], { type: "application/json" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}

function drawAttempts(ping) {
  const list = make("ol");
  for (const attempt of ping.attempts)
    list.append(make("li", {}, drawTime(attempt.at),
      drawStatus(attempt.said || attempt.http_status >= 300 || !attempt.http_status ? "failed" : "ok",
        attempt.http_status ? `HTTP ${attempt.http_status}` : "no answer"),
      make("span", {}, attempt.said ?? "")));
  return list;
}

function drawPingInside(ping) {
  return [
    make("p", { class: "soft" }, make("span", { class: "key" }, ping.id)),
    ping.digest ? make("p", { class: "soft" }, "SHA-256 ", make("span", { class: "key" }, ping.digest)) : null,
    ...(ping.attempts?.length > 0 ? [make("h3", {}, "Attempts"), drawAttempts(ping)] : []),
    ...(ping.receipt ? [make("h3", {}, "Receipt"), make("pre", {}, ping.receipt)] : []),
    served && ping.bytes > 0 ? make("p", {}, make("a", { href: `v1/pings/${ping.id}`, download: `service-ping-${ping.id}.json` }, "Download its exact bytes")) : null,
  ].filter(Boolean);
}

function drawPing(ping, body) {
  const id = `ping-${ping.seq}`, inside = make("tr", { id, hidden: true });
  const opener = button("Details", () => {
    const open = inside.hidden;
    if (open) inside.replaceChildren(make("td", { colspan: 7, class: "inside" }, ...drawPingInside(ping)));
    inside.hidden = !open;
    opener.setAttribute("aria-expanded", open);
    opener.textContent = open ? "Hide" : "Details";
  }, { class: "quiet", "aria-expanded": "false", "aria-controls": id, "aria-describedby": `${id}-number` });
  const failed = (ping.attempts ?? []).filter((attempt) => attempt.said || !attempt.http_status || attempt.http_status >= 300).length;
  body.append(make("tr", {},
    make("th", { id: `${id}-number`, scope: "row", class: "number" }, String(ping.seq)),
    make("td", {}, drawTime(ping.sealed_at)),
    make("td", {}, drawPingState(ping)),
    make("td", { class: "number" }, ping.bytes > 0 ? sayBytes(ping.bytes) : "deleted"),
    make("td", {}, ping.attempts?.length > 0 ? `${ping.attempts.length}${failed > 0 ? `, ${failed} failed` : ""}` : ""),
    make("td", {}, drawTime(ping.receipt_at)),
    make("td", { class: "number" }, opener)), inside);
}

function drawHistory() {
  const body = make("tbody"), titles = [["No.", "number"], ["Sealed"], ["State"], ["Size", "number"], ["Attempts"], ["Receipt"]];
  if (data.pings.length === 0) {
    $("pings").replaceChildren(make("p", { class: "empty" }, "No ping has been sealed yet. The first is made when the schedule comes to it, or by ‘service-ping preview’."));
    return;
  }
  for (const ping of data.pings) drawPing(ping, body);
  $("pings").replaceChildren(
    make("p", { class: "lead-in soft" }, `Everything that was sealed, the newest first. Each ping carries the digest of the one before. Times are in ${zone}.`),
    make("div", { class: "scroll" }, make("table", { class: "pings", "aria-labelledby": "history-title" }, make("thead", {}, make("tr", {},
      ...titles.map(([name, kind]) => make("th", { scope: "col", class: kind }, name)),
      make("th", { scope: "col" }, make("span", { class: "unseen" }, "Details")))), body)));
}

function drawChange(change) {
  const accept = served && change.held ? button("Accept", () => acceptPaths([change.key_path]), { class: "quiet", "aria-label": `Accept ${change.key_path}` }) : null;
  return make("li", { class: "change" }, drawStatus(change.state, change.held ? `${change.state}, held` : change.state),
    make("div", {}, make("p", { class: "key" }, change.key_path), make("p", {}, change.words ?? ""), accept));
}

function drawChanges() {
  const held = data.changes.filter((change) => change.held).map((change) => change.key_path);
  const box = $("change-list");
  if (data.changes.length === 0) {
    box.replaceChildren(make("p", { class: "empty" }, "Nothing differs from what was approved."));
    return;
  }
  box.replaceChildren(
    make("p", { class: "lead-in" }, held.length > 0
      ? `These definitions differ from what was approved. ${plural(held.length, "is", "are")} held: not collected until accepted. `
      : "These definitions differ from what was approved. ",
    held.length === 0 ? null : served ? button(`Accept all ${whole.format(held.length)}`, () => acceptPaths(held), { class: "quiet" })
      : make("span", {}, "To accept them: ", make("code", {}, "service-ping accept"))),
    make("ul", { class: "changes-list" }, ...data.changes.map(drawChange)));
}
