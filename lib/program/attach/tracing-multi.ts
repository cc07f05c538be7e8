/** Attaches one program to many functions of the kernel, through trampolines. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BtfKind } from "../../btf/btf-kinds";
import { vmlinuxBtf } from "../../btf/kernel-btf";
import { AttachError } from "../../errors";
import { native } from "../../native";
import { bigint64, filled, list } from "../../options";
import { TRACEFS } from "./hint";
import { type Attachable, about, argument, type Mechanism, ofEach, onlyOne } from "./mechanism";

/** Options for fentry.multi, fexit.multi and fsession.multi programs. */
export interface TracingMultiAttachOptions {
  /** Functions of the kernel by a pattern with `*` and `?`: "tcp_*". Default: the section's. */
  pattern?: string;
  /** Functions of the kernel by their names. */
  functions?: readonly string[];
  /** For each function, the number that the program reads with bpf_get_attach_cookie(). */
  cookies?: readonly bigint[];
}

export const tracingMulti: Mechanism<TracingMultiAttachOptions> = {
  schema: { pattern: filled, functions: list(filled), cookies: list(bigint64) },
  attach(program, { fd }, options) {
    onlyOne(program, options, ["pattern", "functions"]);
    const { functions, cookies } = options;
    const pattern = options.pattern ?? program.attachTarget;
    if (functions?.length === 0 || (functions === undefined && pattern === undefined))
      throw argument(program, "needs functions", "Pass attach({ functions }) or attach({ pattern })");
    ofEach(program, "cookies", cookies, functions?.length ?? 0);
    const ids = functions === undefined ? matching(program, pattern as string) : named(program, functions);
    return {
      status: native.linkCreateMulti(fd, {
        ...{ attachType: program.attachType, ids: Uint32Array.from(ids) },
        cookies: BigUint64Array.from(cookies ?? []),
      }),
    };
  },
};

/** The BTF id of each function. */
function named(program: Attachable, functions: readonly string[]): number[] {
  const wanted = new Set(functions);
  const ids = idsWhere((name) => wanted.has(name));
  return functions.map((name) => ids.get(name) ?? missing(program, name));
}

function matching(program: Attachable, pattern: string): number[] {
  const form = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const wanted = new RegExp(`^${form}$`);
  const traced = traceable();
  const ids = [...idsWhere((name) => wanted.test(name) && (traced?.has(name) ?? true)).values()];
  return ids.length > 0 ? ids : missing(program, pattern);
}

/** Duplicates have the first id: the kernel has a function and a weak one of the same name. */
function idsWhere(isWanted: (name: string) => boolean): Map<string, number> {
  const ids = new Map<string, number>();
  vmlinuxBtf().scan({ [BtfKind.FUNC]: "" }, (_, name, id) => {
    if (isWanted(name) && !ids.has(name)) ids.set(name, id);
  });
  return ids;
}

/** The functions that ftrace can hook; undefined if they can't be read. */
function traceable(): ReadonlySet<string> | undefined {
  for (const folder of TRACEFS) {
    try {
      const lines = readFileSync(join(folder, "available_filter_functions"), "utf8").split("\n");
      return new Set(lines.map((line) => line.split(" ", 1)[0] ?? ""));
    } catch {}
  }
  return undefined;
}

function missing(program: Attachable, name: string): never {
  throw new AttachError(
    "ERR_BPF_ATTACH",
    `program ${program.name} (${program.section}) could not be attached: the kernel has no function ${name} (ENOENT)`,
    {
      ...about(program),
      target: name,
      errno: "ENOENT",
      hint: "Check its name: it must be a function of vmlinux with BTF",
    },
  );
}
