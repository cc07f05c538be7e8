// The page's behaviour: search, filters, columns, evidence. The URL's fragment contains the state, so that it can be
// shared.
const find = (id) => document.getElementById(id);
/** Each distinct value once (values.ts): what is in an array or an object is an index into the list. */
const values = JSON.parse(find("data").textContent);
const valueAt = (index) => {
  const value = values[index];
  if (Array.isArray(value)) return value.map(valueAt);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, at]) => [key, valueAt(at)]));
};
const { kernels, rows, cells, evidence } = valueAt(values.length - 1);
const [table, panel, columns] = [find("hooks"), find("evidence"), find("columns")];
const fields = { q: find("query"), kind: find("kind"), show: find("show") };
const boxes = [...document.querySelectorAll("input[name=kernel]")];
const lines = [...table.querySelectorAll("tbody tr:not(.group)")];
const WORDS = {
  allowed: "may sleep",
  refused: "cannot sleep",
  unsafe: "unsafe",
  unknown: "not known",
  absent: "absent",
};
/** The number of cells in a row before the kernels': its name, and its history. */
const BEFORE = 2;
const isDefault = (kernel) => kernel.shown;
let shown = kernels.map(isDefault);
/** The cell whose evidence is shown, by row and column. */
let chosen;

const markAt = (row, column) => evidence[cells[row][column]].mark;
const cellAt = (row, column) => lines[row].cells[column + BEFORE];
const placeOf = (cell) => [lines.indexOf(cell.parentElement), cell.cellIndex - BEFORE];
const idOf = (row, column) => `${rows[row].group}/${rows[row].name}@${kernels[column].name}`;

// ---- rows and columns

const FILTERS = {
  "": () => true,
  everywhere: (marks) => marks.length > 0 && marks.every((mark) => mark === "allowed"),
  differs: (marks) => new Set(marks).size > 1,
  ever: (_, all) => all.includes("allowed"),
};

function update() {
  const words = fields.q.value.toLowerCase().split(/\s+/);
  // The search also matches a section or a kernel function.
  const wanted = words.map((word) => word.replace(/^(?:sec\(")?(?:lsm|iter)(?:\.s)?\/|^bpf_lsm_|"\)$/g, ""));
  const filter = FILTERS[fields.show.value] ?? FILTERS[""];
  let count = 0;
  rows.forEach(({ group, name }, row) => {
    const all = kernels.map((_, column) => markAt(row, column));
    const visible =
      (fields.kind.value === "" || fields.kind.value === group) &&
      wanted.every((word) => name.toLowerCase().includes(word)) &&
      filter(
        all.filter((_, column) => shown[column]),
        all,
      );
    lines[row].hidden = !visible;
    if (visible) count++;
  });
  for (const body of table.tBodies) body.hidden = [...body.rows].slice(1).every((line) => line.hidden);
  find("none").hidden = count > 0;
  find("count").textContent = count === rows.length ? `${count} rows` : `${count} of ${rows.length} rows`;
  showColumns();
  if (chosen !== undefined && cellAt(...chosen).offsetParent === null) hide();
  makeReachable();
  writeFragment();
}

function showColumns() {
  const hidden = shown.flatMap((here, column) => (here ? [] : [`#hooks tr>:nth-child(${column + BEFORE + 1})`]));
  columns.textContent = hidden.length === 0 ? "" : `${hidden.join(",")}{display:none}`;
  for (const [column, box] of boxes.entries()) box.checked = shown[column];
  find("chosen").textContent = `(${shown.filter(Boolean).length} of ${kernels.length})`;
}

// ---- evidence

const element = (tag, text, className) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
};

function explain(row, column) {
  hide();
  chosen = [row, column];
  const cell = cellAt(row, column);
  cell.classList.add("chosen");
  const { mark, findings } = evidence[cells[row][column]];
  const fill = (text) => text.replaceAll("{name}", rows[row].subject).replaceAll("{kernel}", kernels[column].version);

  const title = element("h2");
  const verdict = element("span", `${cell.textContent} ${WORDS[mark]}`, cell.classList[0]);
  title.append(
    element("code", rows[row].name),
    ` on ${kernels[column].measured ? "" : "Linux "}${kernels[column].label}: `,
    verdict,
  );
  const close = element("button", "Close", "close");
  close.type = "button";
  close.addEventListener("click", dismiss);
  panel.replaceChildren(title, close, ...findings.map((finding) => article(finding, fill)));
  panel.hidden = false;
  panel.scrollTop = 0;
  document.documentElement.classList.add("explaining");
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  writeFragment();
}

function article({ message, reason, stage, remedy, since, until, source, inputs }, fill) {
  const made = element("article");
  const list = element("dl");
  const add = (term, ...content) => {
    const description = element("dd");
    description.append(...content);
    list.append(element("dt", term), description);
  };
  add(
    "Reason",
    element("code", reason),
    stage === "load" ? "" : ` (when it is ${stage === "run" ? "run" : "attached"})`,
  );
  if (remedy !== undefined) add("Instead", fill(capital(remedy)));
  if (since !== undefined) add("Accepted since", `Linux ${fill(since)}`);
  if (until !== undefined) add("No longer since", `Linux ${fill(until)}`);
  const link = source.commit === undefined ? [] : [" ", commit(source.commit)];
  add("Source", element("code", fill(source.file)), ...link);
  for (const { name, value, origin } of inputs) {
    add(fill(capital(name)), element("code", fill(value)), ` (${fill(origin)})`);
  }
  made.append(element("p", `${fill(capital(message))}.`), list);
  return made;
}

/** Capitalizes a text that begins with an English word; names stay as they are. */
const capital = (text) => (/^[a-z]+(?: |$)/.test(text) ? text[0].toUpperCase() + text.slice(1) : text);

function commit(hash) {
  const link = element("a", hash);
  link.href = `https://git.kernel.org/linus/${hash}`;
  link.rel = "noreferrer";
  return link;
}

function hide() {
  if (chosen !== undefined) cellAt(...chosen).classList.remove("chosen");
  chosen = undefined;
  panel.hidden = true;
  document.documentElement.classList.remove("explaining");
}

function dismiss() {
  const cell = chosen && cellAt(...chosen);
  hide();
  writeFragment();
  // Return the focus to its origin; explain again only at the next move.
  if (panel.contains(document.activeElement) || document.activeElement === document.body) quietly(cell);
}

let quiet = false;
function quietly(cell) {
  quiet = true;
  cell?.focus({ preventScroll: true });
  quiet = false;
}

// ---- the table as a grid: one cell is in the tab order, arrows move

let reachable;
function reach(cell) {
  reachable?.removeAttribute("tabindex");
  reachable = cell;
  if (cell !== undefined) cell.tabIndex = 0;
}

function makeReachable() {
  if (reachable !== undefined && reachable.offsetParent !== null) return;
  const line = lines.find((one) => !one.hidden);
  reach(line && [...line.cells].slice(BEFORE).find((_, column) => shown[column]));
}

function moveTo(cell) {
  reach(cell);
  cell.focus({ preventScroll: true });
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function neighbour([row, column], [down, right]) {
  do {
    row += down;
    column += right;
  } while (lines[row]?.hidden || shown[column] === false);
  return lines[row] !== undefined && shown[column] ? cellAt(row, column) : undefined;
}

const evidenceCell = (target) => {
  const cell = target.closest("td");
  return cell !== null && cell.cellIndex >= BEFORE ? cell : undefined;
};

table.addEventListener("click", ({ target }) => {
  const cell = evidenceCell(target);
  if (cell === undefined) return;
  moveTo(cell);
  explain(...placeOf(cell));
});
table.addEventListener("focusin", ({ target }) => {
  const cell = evidenceCell(target);
  if (cell !== undefined && !quiet) explain(...placeOf(cell));
});
table.addEventListener("keydown", (event) => {
  const cell = evidenceCell(event.target);
  if (cell === undefined) return;
  if (event.key === "Enter" || event.key === " ") explain(...placeOf(cell));
  else if (STEPS[event.key] === undefined) return;
  else {
    const next = neighbour(placeOf(cell), STEPS[event.key]);
    if (next !== undefined) moveTo(next);
  }
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen !== undefined) dismiss();
  if (event.key === "/" && !/^(INPUT|SELECT)$/.test(event.target.tagName)) {
    event.preventDefault();
    fields.q.focus();
  }
});

// ---- the fragment

function writeFragment() {
  const state = new URLSearchParams();
  for (const [key, field] of Object.entries(fields)) if (field.value !== "") state.set(key, field.value);
  if (kernels.some((kernel, column) => isDefault(kernel) !== shown[column])) {
    state.set("kernels", kernels.flatMap(({ name }, column) => (shown[column] ? [name] : [])).join(","));
  }
  if (chosen !== undefined) state.set("cell", idOf(...chosen));
  const fragment = state.toString().replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%40", "@");
  if (fragment !== location.hash.slice(1))
    history.replaceState(null, "", fragment === "" ? location.pathname : `#${fragment}`);
}

function readFragment() {
  const state = new URLSearchParams(location.hash.slice(1));
  const names = state.get("kernels")?.split(",");
  shown = kernels.map((kernel) => (names === undefined ? isDefault(kernel) : names.includes(kernel.name)));
  for (const [key, field] of Object.entries(fields)) field.value = state.get(key) ?? "";
  for (const field of [fields.kind, fields.show]) if (field.selectedIndex < 0) field.value = "";
  const wanted = state.get("cell");
  hide();
  update();
  if (wanted === null) return;
  const row = rows.findIndex((_, index) => wanted.startsWith(idOf(index, 0).replace(/@.*/, "@")));
  const column = kernels.findIndex(({ name }) => wanted.endsWith(`@${name}`));
  if (row >= 0 && column >= 0 && !lines[row].hidden && shown[column]) {
    reach(cellAt(row, column));
    explain(row, column);
  }
}

// ---- start

table.setAttribute("role", "grid");
for (const [row, line] of lines.entries()) {
  kernels.forEach((_, column) => {
    line.cells[column + BEFORE].ariaLabel = WORDS[markAt(row, column)];
  });
}
for (const field of Object.values(fields)) field.addEventListener("input", update);
for (const [column, box] of boxes.entries()) {
  box.addEventListener("change", () => {
    shown[column] = box.checked;
    update();
  });
}
for (const button of document.querySelectorAll("[data-choose]")) {
  button.addEventListener("click", () => {
    shown = kernels.map((kernel) => button.dataset.choose === "all" || isDefault(kernel));
    update();
  });
}
find("filters").addEventListener("submit", (event) => event.preventDefault());
find("filters").hidden = false;
addEventListener("hashchange", readFragment);
readFragment();
