/* Begins: reads everything, draws it, and follows the address. What an admin may do is here, too. */

let view = "metrics";
const views = ["metrics", "raw", "history", "changes"];
const drawLater = { raw: drawRaw, history: drawHistory, changes: drawChanges };
const staleMs = 60000;
let loadedAt = 0;
const fresh = new Set(); /* the views that were drawn of the data that is there */

/* `reach`: the views come into sight if they are above or below it. */
function show(name, path = "", reach = false) {
  const top = document.querySelector(".views");
  view = views.includes(name) ? name : "metrics";
  for (const one of views) $(one).hidden = one !== view;
  for (const link of top.querySelectorAll("a"))
    if (link.hash === "#/" + view) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  if (drawLater[view] !== undefined && !fresh.has(view)) drawLater[view]();
  fresh.add(view);
  if (view !== "metrics" && opened !== null) closeMetric();
  if (view === "metrics") drawRows();
  if (reach || $(view).getBoundingClientRect().top < 0) scrollTo(0, scrollY + document.querySelector(".state").getBoundingClientRect().bottom);
  const node = nodes.get(path);
  if (node !== undefined && node.children.length === 0 && node !== opened) bringUp(node);
}

/* By an address: its row comes into sight as well. */
function bringUp(node) {
  for (let above = node.parent; above !== root; above = above.parent) folded.delete(above.path);
  active = node;
  listAgain();
  openMetric(node);
  if (!isNarrow() && shown.includes(node)) scrollToRow(shown.indexOf(node), innerHeight / 3);
}

function follow() {
  const [name, path = ""] = location.hash.slice(2).split("/");
  show(name, decodeURIComponent(path));
}

function drawAll() {
  fresh.clear();
  buildTree();
  fillFilters();
  drawState();
  for (const [hash, count] of [["#/history", data.pings.length], ["#/changes", data.changes.length]]) {
    const link = document.querySelector(`.views a[href="${hash}"]`);
    link.querySelector("b")?.remove();
    if (count > 0) link.append(make("b", {}, whole.format(count)));
  }
  $("actions").hidden = !served;
  $("send-now").textContent = `${sendWords()}…`;
  $("send-now").classList.toggle("primary", !nobodyAnswered());
  $("change-consent").classList.toggle("primary", nobodyAnswered());
  $("send-now").disabled = data.status.consent?.mode === "off" || data.status.agent?.state === "collecting";
  $("change-consent").disabled = data.status.consent?.fixed === true && data.status.consent?.categories_fixed === true;
  $("content").hidden = false;
  listAgain();
}

/* False if the token is wanted first; what else goes wrong is thrown on. */
function isLoggedIn(error) {
  if (!(error instanceof NotLoggedIn)) return true;
  $("content").hidden = true;
  $("log-in").hidden = false;
  $("token").focus();
  return false;
}

/* Everything once more, as it is now. */
async function refresh() {
  try {
    await loadAll();
    loadedAt = Date.now();
  } catch (error) {
    if (isLoggedIn(error)) throw error;
    return;
  }
  const path = opened?.path ?? "";
  opened = null;
  drawAll();
  if (path !== "") show("metrics", path);
  else follow();
}

/* Does it and says what came of it; the agent's own sentence if it refuses. */
async function act(words, place, body) {
  try {
    await ask(place, body);
    await refresh();
    $("said").textContent = words;
  } catch (error) {
    if (isLoggedIn(error)) $("said").textContent = error.message;
  }
}

const acceptPaths = (paths) => act(`${plural(paths.length, "definition")} accepted.`, "v1/accept", { key_paths: paths });

/* Until the collection that was begun is over, and its ping has arrived or will take longer. */
async function watch() {
  try {
    data.status = parse(await ask(places.status));
    const { agent = {}, delivery = {}, last_ping: last } = data.status;
    if (agent.state === "collecting" || (last?.state === "waiting" && !delivery.failing_since)) {
      drawState();
      setTimeout(watch, 1000);
      return;
    }
    await refresh();
    $("said").textContent = "Collected.";
  } catch (error) {
    if (isLoggedIn(error)) $("said").textContent = error.message;
  }
}

/* Who comes back to a page that stood open sees how things are, not how they were. */
function beginReturn() {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - loadedAt < staleMs) return;
    if ($("content").hidden || document.querySelector("dialog[open]") !== null) return;
    refresh().catch((error) => { $("said").textContent = error.message; });
  });
}

/* What is done depends on consent, and so does its name. */
const sendWords = () => data.status.consent?.mode === "on" ? "Send now" : "Collect now";

function beginSend() {
  const dialog = $("send-dialog");
  $("send-now").addEventListener("click", () => {
    const { consent = {}, delivery = {} } = data.status;
    dialog.returnValue = "";
    $("send-title").textContent = consent.mode === "on" ? "Collect and send now?" : "Collect now?";
    $("send").textContent = sendWords();
    $("send-words").textContent = `${plural(metrics.length, "metric")} are counted now; databases are asked as gently as on schedule. ` +
      (consent.mode === "on" ? `The ping is then posted to ${delivery.endpoint ?? "the endpoint, once one is set"}.`
        : "The ping is kept here. Nothing leaves: consent is not ‘on’.");
    dialog.showModal();
  });
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "send") return;
    await act("Begun.", "v1/send", {});
    if ($("said").textContent === "Begun.") setTimeout(watch, 500);
  });
}

function beginConsent() {
  const dialog = $("consent-dialog"), form = dialog.querySelector("form");
  $("change-consent").addEventListener("click", () => {
    const { consent = {} } = data.status;
    dialog.returnValue = "";
    for (const radio of form.elements.mode) {
      radio.checked = radio.value === consent.mode;
      radio.disabled = consent.fixed === true;
    }
    for (const box of form.elements.category) {
      box.checked = consent.categories?.[box.value] === true;
      box.disabled = consent.categories_fixed === true;
      form.querySelector(`[data-count="${box.value}"]`).textContent =
        plural(metrics.filter((node) => node.definition?.category === box.value).length, "metric");
    }
    $("consent-words").textContent = data.status.delivery?.endpoint
      ? `Pings go to ${data.status.delivery.endpoint}.` : "No endpoint is set yet: nothing can be sent.";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "give") return;
    const { consent = {} } = data.status, answer = { mode: form.elements.mode.value || consent.mode };
    if (!consent.categories_fixed) answer.categories = [...form.elements.category].filter((box) => box.checked).map((box) => box.value);
    act("Saved.", "v1/consent", answer);
  });
}

function beginLogIn() {
  $("log-in").addEventListener("submit", async (event) => {
    event.preventDefault();
    $("log-in-error").textContent = "";
    try {
      await ask("v1/session", {}, { Authorization: `Bearer ${$("token").value.trim()}` });
      $("token").value = "";
      $("log-in").hidden = true;
      await refresh();
      $("main").focus();
    } catch (error) {
      $("log-in-error").textContent = error instanceof NotLoggedIn ? "This is not the token." : error.message;
      $("token").select();
    }
  });
}

/* Where storage is denied, the choice holds for this visit. */
function beginTheme() {
  const apply = (theme) => {
    if (theme === "") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  try { $("theme").value = localStorage.getItem("service-ping-theme") ?? ""; } catch { /* no storage */ }
  apply($("theme").value);
  $("theme").addEventListener("change", () => {
    apply($("theme").value);
    try { localStorage.setItem("service-ping-theme", $("theme").value); } catch { /* no storage */ }
  });
}

function begin() {
  beginTheme();
  beginTree();
  beginMetric();
  beginRaw();
  beginSend();
  beginConsent();
  beginLogIn();
  if (served) beginReturn();
  document.querySelector(".views").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.hash);
    follow();
  });
  addEventListener("popstate", follow);
  refresh().catch((error) => {
    $("content").hidden = false;
    $("headline").textContent = "The data of this page could not be read.";
    $("trouble").textContent = error.message;
    $("trouble").hidden = false;
  });
}

addEventListener("DOMContentLoaded", begin);
