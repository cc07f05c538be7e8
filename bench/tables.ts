/** Figures of peers side by side: as text for a terminal, and as Markdown. */
import { CILIUM } from "./go";
import type { Row } from "./statistics";
import { byCase, figures, type Spread, sameWork, speed } from "./statistics";

export function text(rows: readonly Row[]): string {
  const lines: string[] = [];
  for (const [work, own] of byCase(rows)) {
    lines.push(work);
    for (const row of own) {
      const { median, low, high } = figures(row);
      const time = `${number(median).padStart(8)} ${row.unit} (${number(low)}-${number(high)})`;
      lines.push(`  ${label(row).padEnd(44)} ${time.padEnd(32)} ${ratio(speed(row, baseOf(rows, row)))}`.trimEnd());
    }
  }
  const legend = `Medians (and range) of ${rows[0]?.rounds.length} rounds. Times the speed of ${rows[0]?.peer} in the same round [quartiles].`;
  return [...lines, "", legend].join("\n");
}

/** Every row with its ratio to the first peer, and to each cilium/ebpf. */
export function table(rows: readonly Row[]): string {
  const base = rows[0]?.peer;
  const rivals = [...new Set(rows.map(({ peer }) => peer))].filter((peer) => peer.startsWith(CILIUM));
  const head = ["case", "", "median", "range", `× ${base}`, ...rivals.map((peer) => `× ${peer}`)];
  const body = byCase(rows).flatMap(([work, own]) =>
    own.map((row, index) => {
      const { median, low, high } = figures(row);
      const to = (other: Row | undefined) => (row === other ? "1" : ratio(speed(row, other)));
      return [
        index === 0 ? work : "",
        label(row),
        `${number(median)} ${row.unit}`,
        `${number(low)}–${number(high)}`,
        to(baseOf(rows, row)),
        ...rivals.map((peer) => to(sameWork(rows, row, peer))),
      ];
    }),
  );
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A change within this is not called one, however steady. */
const NOTICED = 0.03;
/** Rounds whose quartiles say something. */
const ENOUGH = 5;

/** Each case of two checkouts, "base" and "this": what all of the middle rounds agree on is called slower or faster. */
export function changes(rows: readonly Row[]): string {
  const lines = rows
    .filter(({ peer }) => peer === "this")
    .map((row) => {
      const base = rows.find((one) => one.peer === "base" && one.case === row.case && one.variant === row.variant);
      const change = speed(row, base);
      const name = `${row.case}${row.variant === "" ? "" : `, ${row.variant}`}`;
      const [before, after] = [base, row].map((one) => `${number(one ? figures(one).median : Number.NaN)} ${row.unit}`);
      return `${name.padEnd(60)} ${before?.padStart(12)} ${after?.padStart(12)}  ${ratio(change)}${verdictOn(change, row.rounds.length)}`;
    });
  const legend = "Before, after, and times the speed of before in the same round [quartiles].";
  return [...lines, "", legend].join("\n");
}

function verdictOn(change: Spread | undefined, rounds: number): string {
  if (change === undefined || rounds < ENOUGH) return "";
  if (change.high < 1 - NOTICED) return "  SLOWER";
  return change.low > 1 + NOTICED ? "  faster" : "";
}

export function baseOf(rows: readonly Row[], row: Row): Row | undefined {
  const [first] = rows;
  return first && sameWork(rows, row, first.peer);
}

export function label({ peer, variant }: Row): string {
  return variant === "" ? peer : `${peer}, ${variant}`;
}

/** Three significant digits, or more before the decimal point. */
export function number(value: number): string {
  if (value === 0) return "0";
  return value.toFixed(Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(value))))));
}

export function ratio(spread: Spread | undefined): string {
  if (spread === undefined) return "";
  const [median, low, high] = [spread.median, spread.low, spread.high].map((value) => value.toFixed(2));
  return low === high ? `${median}` : `${median} [${low}-${high}]`;
}
