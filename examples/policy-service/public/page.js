// Shows decisions as they arrive. Text from outside is never inserted as markup.
"use strict";

const ROWS = 200;
const SECONDS = 120;
const RETRY_MS = 2000;
const VERDICTS = ["denied", "would-deny", "allowed"];
const COLORS = ["#c62828", "#ef9a00", "#2e7d32"];

const element = (id) => document.getElementById(id);
const rows = element("decisions");

/** Decisions of each of the last seconds: times, then a list for each verdict. */
const rates = [[], [], [], []];

const chart = new uPlot(
  {
    width: Math.min(1200, document.documentElement.clientWidth - 32),
    height: 180,
    title: "Reported decisions per second",
    scales: { y: { range: (_, _min, max) => [0, Math.max(4, max)] } },
    series: [
      {},
      ...VERDICTS.map((label, index) => ({ label, stroke: COLORS[index], width: 2, points: { show: false } })),
    ],
  },
  rates,
  element("chart"),
);

/** Advances the time to `now`, in seconds. */
function tick(now) {
  const [times] = rates;
  for (let time = Math.max((times.at(-1) ?? now - SECONDS) + 1, now - SECONDS); time <= now; time++) {
    for (const [index, list] of rates.entries()) list.push(index === 0 ? time : 0);
  }
  for (const list of rates) list.splice(0, list.length - SECONDS);
}

function count({ verdict }) {
  tick(Math.floor(Date.now() / 1000));
  const list = rates[1 + VERDICTS.indexOf(verdict)];
  list[list.length - 1]++;
}

function show(decision) {
  const { time, hook, verdict, rule = "", path = "", truncated, address, comm, pid, uid } = decision;
  const what = address === undefined ? `${path}${truncated ? "…" : ""}` : `${address} ${path && `by ${path}`}`;
  const row = document.createElement("tr");
  for (const text of [new Date(time).toLocaleTimeString(), hook, verdict, rule, what, comm, pid, uid]) {
    row.insertCell().textContent = text;
  }
  row.cells[2].className = verdict;
  row.title = JSON.stringify(decision, undefined, 1);
  rows.prepend(row);
  if (rows.rows.length > ROWS) rows.lastElementChild.remove();
}

function tell({ mode, rules }) {
  const doing = mode === "enforce" ? "enforcing" : "observing";
  element("state").textContent = `${doing}, ${rules} ${rules === 1 ? "rule" : "rules"}`;
}

/** Reads server-sent events. EventSource can't send the token. */
async function* events(body) {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const data = /^data: (.*)$/m.exec(part);
      if (data) yield { event: /^event: (.*)$/m.exec(part)?.[1], data: JSON.parse(data[1]) };
    }
  }
}

async function watch(token) {
  const headers = { authorization: `Bearer ${token}` };
  for (let last = 0; ; await new Promise((resolve) => setTimeout(resolve, RETRY_MS))) {
    try {
      const response = await fetch("decisions", { headers: { ...headers, "last-event-id": String(last) } });
      if (response.status === 401) return login("This token is not valid.");
      for await (const { event, data } of events(response.body)) {
        if (event === "policy") tell(data);
        else {
          last = data.id;
          show(data);
          count(data);
        }
      }
    } catch (error) {
      console.info(error);
    }
    element("state").textContent = "not connected; retrying";
  }
}

function login(refusal = "") {
  sessionStorage.removeItem("token");
  element("refusal").textContent = refusal;
  toggle(false);
}

function toggle(isIn) {
  element("login").hidden = isIn;
  element("watch").hidden = !isIn;
  element("logout").hidden = !isIn;
}

function start(token) {
  sessionStorage.setItem("token", token);
  toggle(true);
  watch(token);
}

element("login").addEventListener("submit", (event) => {
  event.preventDefault();
  start(element("token").value);
});
element("logout").addEventListener("click", () => {
  sessionStorage.removeItem("token");
  location.reload();
});
setInterval(() => {
  tick(Math.floor(Date.now() / 1000));
  chart.setData(rates);
}, 1000);

const token = sessionStorage.getItem("token");
if (token === null) login();
else start(token);
