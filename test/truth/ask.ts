/** Asks the running kernel through truth.c. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** One query: see truth.c. */
export interface Query {
  type: number;
  attachType: number;
  flags: number;
  btfId: number;
  how:
    | "load"
    | "helper"
    | "kfunc"
    | "map"
    | "iter"
    | "tp_btf"
    | "raw_tp"
    | "tracepoint"
    | "kprobe"
    | "kprobe.multi"
    | "uprobe"
    | "uprobe.multi";
  argument?: string;
}

export interface Answer {
  /** The last step that was tried. */
  tried: "map" | "load" | "attach";
  /** An errno; 0 for success. */
  errno: number;
  /** The last line of the verifier's log. */
  text: string;
}

/** The answers, in the order of the queries. */
export function ask(queries: readonly Query[]): Answer[] {
  const lines = queries.map(({ type, attachType, flags, btfId, how, argument = "-" }) =>
    [type, attachType, flags, btfId, how, argument].join(" "),
  );
  const { status, stdout, error } = spawnSync(join(__dirname, "truth"), {
    input: `${lines.join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const answers = (stdout ?? "").split("\n").slice(0, -1).map(parse);
  if (status !== 0 || answers.length !== queries.length) {
    const next = lines[answers.length];
    throw new Error(`truth ended (${error?.message ?? status}) at the question "${next}"`);
  }
  return answers;
}

function parse(line: string): Answer {
  const [tried, errno, text = ""] = line.split("\t");
  return { tried: tried as Answer["tried"], errno: Number(errno), text };
}
