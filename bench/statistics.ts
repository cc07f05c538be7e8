/** Medians, spreads, and paired ratios. */

/** The unit of figures whose machine counts instructions. */
export const INSTRUCTIONS = "instructions";

/** What one peer did in one case: the less, the better. */
export interface Row {
  peer: string;
  case: string;
  variant: string;
  unit: string;
  /** A figure of each round; null where it did not do the case. */
  rounds: (number | null)[];
}

export interface Spread {
  median: number;
  low: number;
  high: number;
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
}

/** Median and range of a row's figures. */
export function figures({ rounds }: Row): Spread {
  const values = rounds.filter((figure) => figure !== null);
  return { median: quantile(values, 0.5), low: quantile(values, 0), high: quantile(values, 1) };
}

/**
 * The speed of a row relative to `base`: the median and quartiles of the ratios within each round. Undefined for
 * figures that are no times or instructions, and if no round has both.
 */
export function speed(row: Row, base: Row | undefined): Spread | undefined {
  if (row.unit !== "ns" && row.unit !== INSTRUCTIONS) return undefined;
  const ratios = row.rounds.flatMap((figure, round) => {
    const other = base?.rounds[round];
    return figure && other ? [other / figure] : [];
  });
  if (ratios.length === 0) return undefined;
  return { median: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) };
}

/** The first variant of the peer for the case of `row`. */
export function sameWork(rows: readonly Row[], row: Row, peer: string): Row | undefined {
  return rows.find((other) => other.peer === peer && other.case === row.case && other.unit === row.unit);
}

/** Rows by case, in the order of their first occurrence. */
export function byCase(rows: readonly Row[]): [string, Row[]][] {
  const cases = [...new Set(rows.map((row) => row.case))];
  return cases.map((name) => [name, rows.filter((row) => row.case === name)]);
}
