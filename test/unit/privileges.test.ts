/** What the table of capabilities says of a kernel: one that was measured, one in between, one beyond. */

import { isSince } from "../../lib/compare-versions";
import { attachRow, loadRow, neededBy, textOf } from "../../lib/kernel/privileges";
import { ROWS, UNPRIVILEGED, VERSIONS } from "../../lib/kernel/privileges-measured";
import { KINDS } from "../../lib/kinds";
import { mapTypes } from "../../lib/map-types";
import { SERIES } from "../../scripts/kernels";

const seriesOf = (version: string) => version.split(".", 2).join(".");
const isMeasured = (since: string) => isSince(VERSIONS.at(-1) as string, since);
const told = (row: string, release: string, unprivileged = false) =>
  neededBy(row, { release, unprivileged }).map((needs) => textOf(needs));

test("kernels of the tests were measured", () => {
  expect(VERSIONS).not.toEqual([]);
  expect(SERIES).toEqual(expect.arrayContaining(VERSIONS.map(seriesOf)));
});

test("each measured kernel has its own cell, on a distribution's build too", () => {
  for (const [row, cells] of Object.entries(ROWS))
    for (const [index, text] of cells.entries()) {
      const series = seriesOf(VERSIONS[index] as string);
      if (text !== null) expect([row, told(row, `${series}.0-9-amd64`)]).toEqual([row, [text]]);
    }
});

test("with unprivileged_bpf_disabled 0 the cells that differ count", () => {
  for (const [row, cells] of Object.entries(UNPRIVILEGED))
    for (const [index, text] of cells.entries()) {
      const release = VERSIONS[index] as string;
      if (ROWS[row]?.[index] == null) continue; // This kernel does not have it.
      expect([row, told(row, release, true)]).toEqual([row, text === null ? told(row, release) : [text]]);
    }
});

test("a kernel in between has what both say, or both", () => {
  for (const [row, cells] of Object.entries(ROWS)) {
    const [older, newer] = [cells.at(-2), cells.at(-1)];
    if (older == null || newer == null) continue;
    expect([row, told(row, "6.18.3")]).toEqual([row, older === newer ? [older] : [older, newer]]);
  }
});

test("beyond, the nearest counts", () => {
  expect(told("load xdp", "99.1.0")).toEqual([ROWS["load xdp"]?.at(-1)]);
  expect(told("load xdp", "4.18.0")).toEqual([ROWS["load xdp"]?.[0]]);
});

test("a type that the table does not have needs what the least does", () => {
  expect(told(loadRow(4711), "6.12.1")).toEqual(told("load socket_filter", "6.12.1"));
  expect(told("create rhash", "6.12.1")).toEqual(told("create array", "6.12.1"));
  expect(told("no such row", "6.12.1")).toEqual([]);
});

test("every map type that users can name has a row", () => {
  const missing = Object.entries(mapTypes).filter(
    ([type, row]) => row.class !== "BpfMap" && isMeasured(row.since) && !ROWS[`create ${type}`],
  );
  expect(missing.map(([type]) => type)).toEqual([]);
});

test("every kind that a kernel test attaches has a row", () => {
  // Attached by other means; not in Debian's cloud kernels.
  const elsewhere = new Set(["run", "route", "action", "other", "lirc"]);
  const missing = Object.entries(KINDS).filter(
    ([kind, { attach, since }]) =>
      !elsewhere.has(attach) && isMeasured(since) && ROWS[attachRow(kind, 0)] === undefined,
  );
  expect(missing.map(([kind]) => kind)).toEqual([]);
});
