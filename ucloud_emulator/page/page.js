// Shows what the emulator has, as it changes, and sets faults. What it shows is put in as text, never as HTML.
"use strict";

const $ = (id) => document.getElementById(id);
const SETTLED = { Running: "good", Available: "good", Stopped: "", "Install Fail": "bad", "Resize Fail": "bad", Unavailable: "bad" };
let latest = null;
let arrived = 0;

function cell(value, kind = "") {
  const td = document.createElement("td");
  td.textContent = value;
  if (kind) td.className = kind;
  return td;
}

function state(value) {
  return cell(value, SETTLED[value] ?? "wait");
}

function table(id, heads, rows, none) {
  const head = document.createElement("thead").appendChild(document.createElement("tr"));
  heads.forEach((each, index) => {
    const th = head.appendChild(document.createElement("th"));
    th.textContent = each;
    if (rows[0]?.cells[index].className === "number") th.className = "number";
  });
  const body = document.createElement("tbody");
  for (const { cells, kind } of rows) {
    const row = body.appendChild(document.createElement("tr"));
    if (kind) row.className = kind;
    row.append(...cells);
  }
  if (rows.length) {
    $(id).replaceChildren(head.parentNode, body);
  } else {
    $(id).replaceChildren(document.createElement("caption"));
    $(id).caption.textContent = none;
  }
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });
const yuan = (value, digits = 4) => `¥${value.toFixed(digits)}`;
const cells = (...each) => ({ cells: each.map((value) => (value instanceof Node ? value : cell(value))) });

function button(text, act) {
  const td = document.createElement("td");
  const made = td.appendChild(document.createElement("button"));
  made.textContent = text;
  made.addEventListener("click", act);
  return td;
}

function show(now) {
  table("hosts", ["id", "name", "state", "boot disk", "zone", "type", "image", "private", "EIP", "project"],
    now.hosts.map((h) => cells(h.id, h.name, state(h.state), h.boot_disk, h.zone, h.type, h.image, h.private_ip, h.eip || "–", h.project)),
    "no host");
  table("images", ["id", "name", "state", "GB", "region", "project", "tag"],
    now.images.map((i) => cells(i.id, i.name, state(i.state), cell(i.size, "number"), i.region, i.project, i.tag)),
    "no custom image");
  table("faults", ["id", "rule", "matched", "hit", ""],
    now.faults.map(({ id, seen, hits, ...rule }) => cells(id, cell(JSON.stringify(rule), "wide"), cell(seen, "number"),
      cell(hits, "number"), button("Clear", () => ask("DELETE", `faults/${id}`)))),
    "no fault is set");
  table("requests", ["time", "call", "RetCode", "ms", "parameters"],
    now.requests.map((r) => cells(clock(r.t), r.Action, cell(r.RetCode, r.RetCode === 0 ? "good" : "bad"), cell(r.ms, "number"),
      cell(Object.entries(r.params).map(([name, value]) => `${name}=${value}`).join(" "), "wide"))),
    "no request yet");
  ledger();
}

function ledger() {
  if (!latest) return;
  const since = (performance.now() - arrived) / 1000;
  const cost = (row) => row.cost + (row.released ? 0 : (row.price * since) / 3600);
  const open = latest.ledger.filter((row) => !row.released && row.billable);
  $("cost").textContent = yuan(latest.ledger.filter((row) => row.billable).reduce((sum, row) => sum + cost(row), 0));
  $("rate").textContent = yuan(open.reduce((sum, row) => sum + row.price, 0));
  $("open").textContent = open.length === 1 ? "1 thing" : `${open.length} things`;
  const rows = latest.ledger.filter((row) => $("all").checked || !row.released).slice(-200);
  table("ledger", ["id", "kind", "name", "region", "project", "since", "released", "¥ an hour", "¥ so far"],
    rows.map((row) => ({ kind: row.released ? "released" : "", ...cells(row.id, row.kind, row.name, row.region, row.project, clock(row.created),
      row.released ? clock(row.released) : "–", cell(row.billable ? row.price.toFixed(4) : "free", "number"),
      cell(row.billable ? cost(row).toFixed(4) : "–", "number")) })),
    "nothing is open");
}

async function ask(method, path, body) {
  const answer = await fetch(`/_emulator/${path}`, { method, body: body && JSON.stringify(body) });
  const said = await answer.json();
  $("said").className = answer.ok ? "" : "bad";
  $("said").textContent = answer.ok ? "" : said.error;
  return answer.ok;
}

function rule(form) {
  const given = Object.fromEntries(new FormData(form));
  if (!given.project) delete given.project;
  given.times = Number(given.times);
  return given;
}

function send(form, made) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await ask("POST", "faults", made(rule(form)));
  });
}

send($("fault"), ({ effect, value, ...given }) => ({ ...given, [effect]: /^(reset|truncate)/.test(effect) || Number(value) }));
send($("state"), (given) => given);

function options(select, values) {
  select.replaceChildren(...values.map(([value, text]) => new Option(text, value)));
}

async function begin() {
  const offered = await (await fetch("/_emulator/offered")).json();
  $("actions").replaceChildren(...offered.actions.map((name) => new Option(name)));
  for (const form of [$("fault"), $("state")]) {
    options(form.project, [["", "any"], ...offered.projects.map((id) => [id, id])]);
  }
  const outcomes = () => options($("state").outcome, offered.outcomes[$("state").transition.value].map((each) => [each, each]));
  options($("state").transition, Object.keys(offered.outcomes).map((each) => [each, each]));
  $("state").transition.addEventListener("change", outcomes);
  outcomes();
}

const events = new EventSource("/_emulator/events");
events.addEventListener("open", () => { $("link").className = "live"; $("link").textContent = "live"; });
events.addEventListener("error", () => { $("link").className = ""; $("link").textContent = "not reached; trying again"; });
events.addEventListener("message", (event) => {
  latest = JSON.parse(event.data);
  arrived = performance.now();
  show(latest);
});
$("all").addEventListener("change", ledger);
setInterval(ledger, 1000);
begin();
