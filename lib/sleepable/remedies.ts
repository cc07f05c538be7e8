/** Remedies that several rules share. */
/** Kinds with a sleepable variant that is free to call what sleeps. */
export const MAY_SLEEP: ReadonlySet<string> = new Set(
  "lsm fentry fexit fmod_ret fsession iter uprobe uretprobe usdt struct_ops".split(" "),
);

export const DO_WITHOUT = "do without the call";

/** The remedy for a call that may sleep in a program that may not. */
export function makeSleepable(kind: string | undefined): string {
  if (kind === undefined || MAY_SLEEP.has(kind)) {
    const since = kind !== undefined && /^u(ret)?probe|^usdt/.test(kind) ? ", since Linux 6.0" : "";
    return `make the program sleepable (a section that ends in .s${since}), or ${DO_WITHOUT}`;
  }
  return `move the call into a program that may sleep, such as uprobe.s or lsm.s: ${kind} programs may not`;
}
