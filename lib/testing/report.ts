/** Reads what init.sh says on its report port: "ready", "exit N", then "tar INDEX SIZE" and its bytes, "end". */

export interface Report {
  readonly exitCode: number;
  /** Tar archives, by the index of the path that was asked for; a path that the guest does not have is left out. */
  readonly archives: ReadonlyMap<number, Buffer>;
}

/** The report, or undefined if the guest did not come to its end. */
export function parseReport(bytes: Buffer): Report | undefined {
  const archives = new Map<number, Buffer>();
  let exitCode: number | undefined;
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf("\n", at);
    if (end < 0) return undefined;
    const [word, first, second] = bytes.toString("latin1", at, end).split(" ");
    at = end + 1;
    if (word === "exit") exitCode = Number(first);
    if (word === "tar") {
      archives.set(Number(first), bytes.subarray(at, at + Number(second)));
      at += Number(second);
    }
    if (word === "end" && exitCode !== undefined) return { exitCode, archives };
  }
  return undefined;
}
