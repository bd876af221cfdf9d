"use strict";
/*
 * What all of the page shares: its documents, how elements are made, how things are said.
 *
 * The files of this folder are one script when they are served or embedded, joined in the order of
 * their names; page.js begins once all of it is there. Served by the agent, the documents are asked
 * of /v1/; in the file that `preview --html` writes, they stand in the page itself.
 */

const $ = (id) => document.getElementById(id);
const served = $("data-status") === null;
const places = {
  status: "v1/status",
  payload: "v1/preview",
  definitions: "v1/definitions",
  outcomes: "v1/outcomes",
  pings: "v1/pings",
  changes: "v1/changes",
};

/* Everything that the page shows. */
const data = { status: {}, payload: null, text: "", definitions: [], outcomes: [], pings: [], changes: [] };

/* A number beyond what a double holds, as it was written. */
class Exact {
  constructor(text) { this.text = text; }
  toString() { return this.text; }
}

/* An integer of more than 15 digits is not rounded; reading each number twice is only worth it then. */
function parse(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d{16}|\.\d{16}/.test(context?.source ?? "")
      ? new Exact(context.source) : value);
}

class NotLoggedIn extends Error {}

/* Every change of state carries a header that no other site's form can send. */
async function ask(place, body, headers = {}) {
  const request = body === undefined ? { headers } : {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-Service-Ping": "1", ...headers },
  };
  const answer = await fetch(place, { cache: "no-store", ...request });
  const text = await answer.text();
  if (answer.status === 401) throw new NotLoggedIn();
  if (!answer.ok) {
    let sentence = `The agent answered ${answer.status}.`;
    try { sentence = JSON.parse(text).error ?? sentence; } catch { /* not its own words */ }
    throw new Error(sentence);
  }
  return text;
}

/* The payload alone is taken as text: it is shown, copied and saved byte for byte. */
async function loadAll() {
  const names = Object.keys(places);
  const texts = await Promise.all(names.map((name) =>
    served ? ask(places[name]) : $("data-" + name).textContent));
  names.forEach((name, i) => {
    if (name === "payload") data.text = served ? texts[i] : JSON.parse(texts[i]) ?? "";
    else data[name] = parse(texts[i]) ?? data[name];
  });
  data.payload = data.text.trim() === "" ? null : parse(data.text);
  if (data.payload === null) data.text = "";
}

/* Elements: make("p", {class: "soft"}, "text", element, ...); "svg:path" is one of a drawing. */
function make(tag, attributes = {}, ...children) {
  const element = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== null && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const button = (words, act, attributes = {}) => {
  const element = make("button", { type: "button", ...attributes }, words);
  element.addEventListener("click", act);
  return element;
};

/* Shapes, so that nothing depends on telling colours apart. */
const shapes = {
  check: "M1.5 6.5 4.5 9.5 10.5 2.5",
  cross: "M2.5 2.5l7 7M9.5 2.5l-7 7",
  warning: "M6 1 11.2 10.5H.8ZM6 4.5v2.75M6 8.9v.05",
  barred: "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10M2.5 9.5l7-7",
  empty: "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9",
  clock: "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10M6 3.25V6l1.75 1.5",
  pause: "M3.75 2v8M8.25 2v8",
  dash: "M1.5 6h9",
  plus: "M6 1.5v9M1.5 6h9",
  change: "M1 4h9L7.5 1.5M11 8H2l2.5 2.5",
};

/* How a word is drawn: its shape and how bad it is. Words of outcomes, pings and changes. */
const words = {
  ok: ["check", "good"], timeout: ["clock", "bad"], unavailable: ["warning", "bad"],
  error: ["warning", "bad"], denied: ["barred", "bad"], absent: ["empty", "none"],
  "not permitted": ["barred", "none"], "not collected": ["empty", "none"], budget: ["clock", "care"], held: ["pause", "care"], off: ["dash", "none"],
  arrived: ["check", "good"], waiting: ["clock", "care"], sealed: ["empty", "none"],
  kept: ["dash", "none"], rejected: ["cross", "bad"], new: ["plus", "care"],
  changed: ["change", "care"], gone: ["dash", "none"], failed: ["cross", "bad"],
};

function drawStatus(word, said = word) {
  const [shape, kind] = words[word] ?? ["empty", "none"];
  return make("span", { class: "status " + kind },
    make("svg:svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, make("svg:path", { d: shapes[shape] })),
    make("span", {}, said));
}

/* Figures. */
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 15 });
const group = (digits) => digits.replace(/^-?\d+/, (number) => number.replace(/\B(?=(\d{3})+$)/g, ","));
const plural = (count, one, many = one + "s") => `${whole.format(count)} ${count === 1 ? one : many}`;

function sayValue(value) {
  if (value instanceof Exact) return group(value.text);
  if (typeof value === "number") return fine.format(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "string") return `“${value}”`;
  if (Array.isArray(value)) return plural(value.length, "entry", "entries");
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

function sayTook(us) {
  if (us === undefined || us === null) return "";
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${(us / 1e3).toPrecision(us < 1e5 ? 2 : 3)} ms`;
  return us < 6e7 ? `${(us / 1e6).toPrecision(3)} s` : `${Math.floor(us / 6e7)} min ${Math.round(us / 1e6) % 60} s`;
}

const sayBytes = (bytes) => bytes < 1000 ? plural(bytes, "byte")
  : bytes < 1e6 ? `${(bytes / 1e3).toPrecision(3)} kB` : `${(bytes / 1e6).toPrecision(3)} MB`;

/* Times: seconds or microseconds since 1970, or as ISO 8601 writes them. NULL and 0 are no time. */
function timeOf(value) {
  if (!value) return null;
  const ms = typeof value === "string" ? Date.parse(value) : value > 1e14 ? value / 1e3 : value * 1e3;
  return Number.isNaN(ms) ? null : new Date(ms);
}

const dayAndTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const dayOnly = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const sayTime = (value, format = dayAndTime) => format.format(timeOf(value));
const drawTime = (value, format) => timeOf(value) === null ? ""
  : make("time", { datetime: timeOf(value).toISOString(), title: timeOf(value).toISOString() }, sayTime(value, format));

/* "in 3 days"; only of a running agent, because a file may be read much later. */
function sayFromNow(value) {
  const seconds = (timeOf(value) - Date.now()) / 1e3;
  const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60]]
    .find(([, one]) => Math.abs(seconds) >= 2 * one) ?? ["minute", 60];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/* Where a browser keeps the clipboard from a page, the old way still works. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function copyButton(text, name) {
  const element = button("Copy", async () => {
    await copyText(text());
    element.textContent = "Copied";
    element.setAttribute("aria-label", `Copied ${name}`);
    setTimeout(() => {
      element.textContent = "Copy";
      element.setAttribute("aria-label", `Copy ${name}`);
    }, 1500);
  }, { class: "quiet", "aria-label": `Copy ${name}` });
  return element;
}
