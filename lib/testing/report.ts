/** Parses the output of init.sh on the report port: "ready", "exit N", then "tar INDEX SIZE" and its bytes, "end". */

export interface Report {
  readonly exitCode: number;
  /** Tar archives by index of the requested path; paths that do not exist in the guest are absent. */
  readonly archives: ReadonlyMap<number, Buffer>;
}

/** Parses a report; undefined if it is incomplete. */
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
