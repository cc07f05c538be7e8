/** Attaching: one way per kind of program. */
import { isUint8Array } from "node:util/types";
import { ArgumentError, AttachError, type BpfError, errnoName, isErrno, PermissionError, shown } from "../errors";
import { activeLsms } from "../kernel/lsm";
import { whyRefused } from "../kernel/refusal";
import {
  ATTACH,
  type AttachMechanism,
  KINDS,
  kindRow,
  kindsWhere,
  type ProgramKind,
  type ProgramKindName,
  usesTrampoline,
} from "../kinds";
import { Link } from "../link/link";
import { type Handle, native, type Outcome } from "../native";
import { causeOf } from "../native/libbpf-messages";
import type { Lifetime } from "../native/lifetime";
import { deliver, warnings } from "../native/log";
import { explain, explained } from "../sleepable/explain";
import { attachHint } from "./attach-hint";

/** Options of {@link Program.attach}. An option that the program's kind does not have is refused. */
export interface AttachOptions {
  /**
   * A number that the program reads with bpf_get_attach_cookie(). Since Linux 5.15 for kprobe, uprobe and tracepoint,
   * 5.19 for fentry, fexit, fmod_ret, tp_btf and lsm, 6.10 for raw_tp.
   */
  cookie?: bigint;
  /** lsm: attach even if `bpf` is not among the active LSMs, although the program will then never run. */
  allowInactive?: boolean;
  /** raw_tp: the tracepoint; tracepoint: "category/name". Default: the section's. */
  target?: string;
  /** kprobe, uprobe: the function. Default: the section's. */
  function?: string;
  /** kprobe, uprobe: offset in bytes from the function's start, or without a function, from the start of the file. */
  offset?: number;
  /** uprobe: path of the executable or library. Default: the section's. */
  path?: string;
  /**
   * uprobe: the process to trace, 0 for this one; default: all. iter/task, iter/task_file, iter/task_vma: only this
   * process, since Linux 6.1.
   */
  pid?: number;
  /** iter/task, iter/task_file, iter/task_vma: only this thread. Since Linux 6.1. */
  tid?: number;
  /** iter/bpf_map_elem, iter/bpf_sk_storage_map, iter/sockmap: the {@link BpfMap} to iterate over. */
  map?: { readonly fd: number };
  /**
   * iter/cgroup: file descriptor of the cgroup's open directory. Iterates over it, then over its descendants. Since
   * Linux 6.1.
   */
  cgroupFd?: number;
  /** xdp: name of the network interface, in this process's network namespace. Since Linux 5.9. */
  interface?: string;
}

/** What attaching needs to know of a program. */
interface Attachable {
  readonly name: string;
  readonly section: string;
  readonly kind: ProgramKind;
  readonly attachTarget: string | undefined;
  readonly sleepable: boolean;
}

interface Place {
  handle: Handle;
  index: number;
  lifetime: Lifetime;
}

type Option = keyof AttachOptions;
type Way = (program: Attachable, place: Place, options: AttachOptions) => Outcome;

const uprobe =
  (retprobe: boolean): Way =>
  (program, { handle, index }, options) => {
    const section = /^(.*?)(?::([^:+]+)(?:\+(0x[\da-f]+|\d+))?)?$/i.exec(program.attachTarget ?? "");
    const path = options.path ?? section?.[1];
    if (!path)
      throw argument(
        program,
        "needs the path of an executable",
        `Pass attach({ path }), or SEC("${program.kind}//path:function")`,
      );
    const name = options.function ?? (options.offset === undefined ? section?.[2] : undefined) ?? "";
    const offset = options.offset ?? Number(section?.[3] ?? 0);
    if (name === "" && options.offset === undefined && !section?.[2]) {
      throw argument(program, "needs a function or an offset", "Pass attach({ function }) or attach({ offset })");
    }
    const numeric = /^(0x[\da-f]+|\d+)$/i.test(name);
    const pid = options.pid ?? -1;
    return native.attachUprobe(handle, index, {
      pid,
      path,
      function: numeric ? "" : name,
      offset: numeric ? Number(name) : offset,
      retprobe,
      cookie: cookie(options),
    });
  };

const kprobe =
  (retprobe: boolean): Way =>
  (program, { handle, index }, options) => {
    const section = /^([^+]+)(?:\+(0x[\da-f]+|\d+))?$/i.exec(program.attachTarget ?? "");
    const name = options.function ?? section?.[1];
    if (!name) throw argument(program, "needs a function", "Pass attach({ function })");
    return native.attachKprobe(handle, index, {
      function: name,
      offset: options.offset ?? Number(section?.[2] ?? 0),
      retprobe,
      cookie: cookie(options),
    });
  };

const lsm: Way = (program, place, options) => {
  const active = activeLsms();
  if (options.allowInactive !== true && active !== undefined && !active.includes("bpf")) {
    throw new AttachError(
      "ERR_BPF_LSM_INACTIVE",
      `program ${program.name} (${program.section}) would never run: bpf is not among the active LSMs (${active.join(",")})`,
      {
        ...about(program),
        hint: `Boot with lsm=${[...active, "bpf"].join(",")}, or attach({ allowInactive: true })`,
      },
    );
  }
  if (active === undefined) {
    process.emitWarning(
      `${program.name}: can't tell whether bpf is among the active LSMs; mount securityfs at /sys/kernel/security`,
      {
        code: "WARN_BPF_LSM_UNKNOWN",
      },
    );
  }
  return native.attachBtf(place.handle, place.index, { cookie: cookie(options) });
};

const rawTracepoint: Way = (program, { handle, index }, options) => {
  const target = options.target ?? program.attachTarget;
  if (!target) throw argument(program, "needs a tracepoint", "Pass attach({ target })");
  return native.attachRawTracepoint(handle, index, { name: target, cookie: cookie(options) });
};

const tracepoint: Way = (program, { handle, index }, options) => {
  const [category, name] = (options.target ?? program.attachTarget ?? "").split("/");
  if (!category || !name) throw argument(program, 'needs a tracepoint as "category/name"', "Pass attach({ target })");
  return native.attachTracepoint(handle, index, { category, name, cookie: cookie(options) });
};

type IterOption = (typeof KINDS)["iter"]["options"][number];

/** Of each target of iterators that has any: others take the kernel's union of targets for their own, or ignore it. */
const iterOptions: Record<string, readonly IterOption[]> = {
  task: ["pid", "tid"],
  task_file: ["pid", "tid"],
  task_vma: ["pid", "tid"],
  bpf_map_elem: ["map"],
  bpf_sk_storage_map: ["map"],
  sockmap: ["map"],
  cgroup: ["cgroupFd"],
};

const iterator: Way = (program, { handle, index }, options) => {
  const target = program.attachTarget ?? "";
  const allowed = Object.hasOwn(iterOptions, target) ? (iterOptions[target] ?? []) : [];
  const [name, another] = KINDS.iter.options.filter((option) => options[option] !== undefined);
  if (name === undefined) return native.attachIter(handle, index, { over: "", id: 0 });
  if (!allowed.includes(name)) {
    const has = allowed.length === 0 ? "none" : allowed.join(", ");
    throw argument(program, `has no attach option "${name}"; an iterator of ${target} has: ${has}`);
  }
  if (another !== undefined)
    throw argument(program, `takes one of the attach options ${name} and ${another}, got both`);
  // 0 would be every task.
  if (options.pid === 0 || options.tid === 0) throw argument(program, `attach option ${name} must be 1 or more, got 0`);
  const { map, cgroupFd, tid, pid = 0 } = options;
  if (map !== undefined) return native.attachIter(handle, index, { over: "map", id: map.fd });
  if (cgroupFd !== undefined) return native.attachIter(handle, index, { over: "cgroup", id: cgroupFd });
  return native.attachIter(handle, index, tid === undefined ? { over: "pid", id: pid } : { over: "tid", id: tid });
};

/** The mechanisms whose calls take something else than options as they are given. */
type OwnWay = {
  [M in AttachMechanism]: (typeof ATTACH)[M]["arguments"] extends undefined ? M : never;
}[AttachMechanism];

const ways: Record<OwnWay, Way> = {
  lsm,
  raw_tracepoint: rawTracepoint,
  tracepoint,
  iter: iterator,
  kprobe: kprobe(false),
  kretprobe: kprobe(true),
  uprobe: uprobe(false),
  uretprobe: uprobe(true),
};

const hasWay = (mechanism: AttachMechanism): mechanism is OwnWay => Object.hasOwn(ways, mechanism);

/** The way of a mechanism whose call takes options as they are given. */
const direct =
  (mechanism: Exclude<AttachMechanism, OwnWay>): Way =>
  (program, { handle, index }, options) => {
    const { native: name, arguments: wanted } = ATTACH[mechanism];
    const request = (Object.entries(wanted) as [Option, bigint | string][]).map(([option, otherwise]) => {
      const value = options[option] || (typeof otherwise === "bigint" ? otherwise : undefined);
      if (value === undefined) throw argument(program, `needs ${otherwise}`, `Pass attach({ ${option} })`);
      return [option, value] as const;
    });
    const call = native[name] as (handle: Handle, index: number, request: object) => Outcome;
    return call(handle, index, Object.fromEntries(request));
  };

type KindWithOptions = {
  [K in ProgramKindName]: (typeof KINDS)[K]["options"] extends readonly [] ? never : K;
}[ProgramKindName];

/**
 * The attach options of each kind that has any: what {@link Program.attach} takes, when it is compiled and when it runs. A kind
 * that is not listed is attached as its section says, and has none.
 */
export const attachOptions = Object.fromEntries(
  kindsWhere(({ options }) => options.length > 0).map((kind) => [kind, KINDS[kind].options]),
) as { readonly [K in KindWithOptions]: (typeof KINDS)[K]["options"] };

/**
 * The attach options of programs of one kind; all options where this library does not know the kind, or the compiler does not.
 *
 * An index and no bare condition: so the compiler sees that a Program of one kind is a Program.
 */
export type AttachOptionsFor<K extends ProgramKind> = {
  [N in ProgramKind | ProgramKindName]: N extends KindWithOptions
    ? Pick<AttachOptions, (typeof KINDS)[N]["options"][number]>
    : N extends ProgramKindName
      ? Record<string, never>
      : AttachOptions;
}[K];

export function attachProgram(program: Attachable, place: Place, options: AttachOptions): Link {
  const { kind } = program;
  const { attach: mechanism, options: allowed } = kindRow(kind) ?? { attach: "other", options: [] };
  const given = checkedOptions(program, options, allowed as readonly Option[]);
  const outcome = (hasWay(mechanism) ? ways[mechanism] : direct(mechanism))(program, place, given);
  try {
    if (outcome.status < 0)
      throw attachError(program, outcome, given.function ?? given.target ?? program.attachTarget ?? "");
    return new Link(outcome.status, { program: program.name, lifetime: place.lifetime });
  } finally {
    deliver(outcome, place.lifetime.onLog);
  }
}

function cookie(options: AttachOptions): bigint {
  return options.cookie ?? 0n;
}

const TYPES: Record<Option, string> = {
  cookie: "bigint",
  allowInactive: "boolean",
  target: "string",
  function: "string",
  offset: "number",
  path: "string",
  pid: "number",
  tid: "number",
  map: "object",
  cgroupFd: "number",
  interface: "string",
};

/** What the kernel takes: its process ids and descriptors are signed integers of 32 bits. */
const MOST: Partial<Record<Option, number>> = { pid: 0x7fffffff, tid: 0x7fffffff, cgroupFd: 0x7fffffff };

/** The options as they were when they were checked: each is read once, whatever its getter says next. */
function checkedOptions(program: Attachable, options: AttachOptions, allowed: readonly Option[]): AttachOptions {
  if (typeof options !== "object" || options === null || isUint8Array(options))
    throw argument(program, "takes an object of options");
  const given = { ...options };
  for (const [name, value] of Object.entries(given) as [Option, unknown][]) {
    if (!allowed.includes(name)) {
      const has = allowed.length === 0 ? "none" : allowed.join(", ");
      throw argument(program, `has no attach option "${name}"; a ${program.kind} program has: ${has}`);
    }
    if (value !== undefined && typeof value !== TYPES[name])
      throw argument(program, `attach option ${name} must be a ${TYPES[name]}, got ${typeof value}`);
    if (typeof value === "bigint" && BigInt.asUintN(64, value) !== value) {
      throw argument(program, `attach option ${name} must be an unsigned integer of 64 bits, got ${value}`);
    }
    if (typeof value === "number" && !(Number.isSafeInteger(value) && value >= 0 && value <= (MOST[name] ?? value))) {
      const most = MOST[name] === undefined ? "" : ` up to ${MOST[name]}`;
      throw argument(program, `attach option ${name} must be a non-negative integer${most}, got ${value}`);
    }
    if (typeof value === "string" && value.includes("\0")) {
      throw argument(program, `attach option ${name} must not contain NUL, got ${shown(value)}`);
    }
  }
  return given;
}

function about({ name, section, attachTarget }: Attachable) {
  return { operation: "attach", program: name, section, ...(attachTarget !== undefined && { target: attachTarget }) };
}

function argument(program: Attachable, message: string, hint?: string): ArgumentError {
  return new ArgumentError(`program ${program.name} (${program.section}) ${message}`, {
    ...about(program),
    ...(hint && { hint }),
  });
}

function attachError(program: Attachable, outcome: Outcome, target: string): BpfError {
  const errno = errnoName(outcome.status);
  const details = { ...about(program), errno };
  const what = `program ${program.name} (${program.section})`;
  // Of an iterator, EACCES is said of a map whose keys or values are smaller than what the program reads (bpf_iter_attach_map()).
  const isOfMap = program.kind === "iter" && isErrno(outcome.status, "EACCES");
  if (isErrno(outcome.status, "EPERM") || (isErrno(outcome.status, "EACCES") && !isOfMap)) {
    const { kind } = program;
    const why = whyRefused({ operation: "attach", kind, errno, trampoline: usesTrampoline(kind) });
    return new PermissionError(`${what} could not be attached: ${why.cause} (${errno})`, {
      ...details,
      hint: why.hint,
    });
  }
  const { kind, section, sleepable, attachTarget } = program;
  const why = explain({
    ...{ errno, log: [], stage: "attach" },
    program: { kind, section, sleepable, ...(attachTarget !== undefined && { target: attachTarget }) },
  });
  const texts = warnings(outcome);
  const words = causeOf(texts)?.words;
  return new AttachError("ERR_BPF_ATTACH", `${what} could not be attached${words ? `: ${words}` : ""} (${errno})`, {
    ...details,
    // What the kernel's rules say goes before what else an errno may mean.
    ...explained(why, why?.remedy === undefined ? attachHint(kind, target, errno, texts) : undefined),
  });
}
