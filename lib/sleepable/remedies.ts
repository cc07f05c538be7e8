/** Remedies that several rules share. */
import { familiesWhere, kindRow, OLDEST } from "../kinds";

export const DO_WITHOUT = "do without the call";
export const CLEAR = "clear BPF_F_SLEEPABLE";

/** Names the kinds that may sleep, for a program of another kind. */
export function onlyThese(): string {
  return `only ${familiesWhere(({ sleeps }) => sleeps !== "never")} programs may sleep`;
}

/** The remedy for a call that may sleep in a program that may not. */
export function makeSleepable(kind: string | undefined): string {
  const row = kind === undefined ? undefined : kindRow(kind);
  if (kind !== undefined && (row === undefined || row.sleeps === "never"))
    return `move the call into a program that may sleep, such as uprobe.s or lsm.s: ${kind} programs may not`;
  const sleeps = row === undefined || row.sleeps === "never" ? { since: OLDEST } : row.sleeps;
  if ("always" in sleeps) return `set BPF_F_SLEEPABLE, or ${DO_WITHOUT}`;
  const since = sleeps.since === OLDEST ? "" : `, since Linux ${sleeps.since}`;
  const only = "only" in sleeps ? `, on ${sleeps.only} alone` : "";
  return `make the program sleepable (a section that ends in .s${since}${only}), or ${DO_WITHOUT}`;
}
