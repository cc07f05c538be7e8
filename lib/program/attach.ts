/** Attaches programs: one function per mechanism. */
import { ArgumentError, AttachError, type BpfError, errnoName, isErrno } from "../errors";
import { activeLsms } from "../kernel/lsm";
import { permissionError } from "../kernel/refusal";
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
import { bigint64, boolean, checkOptions, custom, descriptor, natural, type Schema, text } from "../options";
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

interface ProgramHandle {
  handle: Handle;
  index: number;
  lifetime: Lifetime;
}

type Attacher = (program: Attachable, place: ProgramHandle, options: AttachOptions) => Outcome;

const uprobe =
  (retprobe: boolean): Attacher =>
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
  (retprobe: boolean): Attacher =>
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

const lsm: Attacher = (program, place, options) => {
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

const rawTracepoint: Attacher = (program, { handle, index }, options) => {
  const target = options.target ?? program.attachTarget;
  if (!target) throw argument(program, "needs a tracepoint", "Pass attach({ target })");
  return native.attachRawTracepoint(handle, index, { name: target, cookie: cookie(options) });
};

const tracepoint: Attacher = (program, { handle, index }, options) => {
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

const iterator: Attacher = (program, { handle, index }, options) => {
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

/** Mechanisms whose native calls do not take the options unchanged. */
type OwnMechanism = {
  [M in AttachMechanism]: (typeof ATTACH)[M]["arguments"] extends undefined ? M : never;
}[AttachMechanism];

const attachers: Record<OwnMechanism, Attacher> = {
  lsm,
  raw_tracepoint: rawTracepoint,
  tracepoint,
  iter: iterator,
  kprobe: kprobe(false),
  kretprobe: kprobe(true),
  uprobe: uprobe(false),
  uretprobe: uprobe(true),
};

const hasAttacher = (mechanism: AttachMechanism): mechanism is OwnMechanism => Object.hasOwn(attachers, mechanism);

/** Attaches with a mechanism whose native call takes the options unchanged. */
const direct =
  (mechanism: Exclude<AttachMechanism, OwnMechanism>): Attacher =>
  (program, { handle, index }, options) => {
    const { native: name, arguments: wanted } = ATTACH[mechanism];
    const request = (Object.entries(wanted) as [keyof AttachOptions, bigint | string][]).map(([option, otherwise]) => {
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
 * The attach options of each kind that has any, for the types of {@link Program.attach} and its check at run time. A
 * kind that is not listed has none: it is attached as its section says.
 */
export const attachOptions = Object.fromEntries(
  kindsWhere(({ options }) => options.length > 0).map((kind) => [kind, KINDS[kind].options]),
) as { readonly [K in KindWithOptions]: (typeof KINDS)[K]["options"] };

/**
 * The attach options of programs of one kind; all options if this library or the compiler does not know the kind.
 *
 * An indexed type instead of a conditional type, so that a Program of one kind is assignable to Program.
 */
export type AttachOptionsFor<K extends ProgramKind> = {
  [N in ProgramKind | ProgramKindName]: N extends KindWithOptions
    ? Pick<AttachOptions, (typeof KINDS)[N]["options"][number]>
    : N extends ProgramKindName
      ? Record<string, never>
      : AttachOptions;
}[K];

/** Checks the options against those of the program's kind. */
export function checkedAttachOptions(program: Attachable, options: AttachOptions | undefined): AttachOptions {
  const { name, section, kind } = program;
  const callee = {
    name: "attach",
    of: `program ${name} (${section})`,
    has: `a ${kind} program`,
    details: about(program),
  };
  return checkOptions(callee, options, OPTIONS, (kindRow(kind)?.options ?? []) as readonly (keyof AttachOptions)[]);
}

/** @param given {@link checkedAttachOptions} */
export function attachProgram(program: Attachable, place: ProgramHandle, given: AttachOptions): Link {
  const mechanism = kindRow(program.kind)?.attach ?? "other";
  const outcome = (hasAttacher(mechanism) ? attachers[mechanism] : direct(mechanism))(program, place, given);
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

const OPTIONS: Schema<AttachOptions> = {
  cookie: bigint64,
  allowInactive: boolean,
  ...{ target: text, function: text, path: text, interface: text },
  offset: natural,
  ...{ pid: descriptor, tid: descriptor, cgroupFd: descriptor },
  map: custom("a map", (value) => typeof value === "object" && value !== null && "fd" in value),
};

function about({ name, section, attachTarget }: Attachable) {
  const operation = "program.attach" as const;
  return { operation, program: name, section, ...(attachTarget !== undefined && { target: attachTarget }) };
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
  // For an iterator, EACCES means that the map's keys or values are smaller than what the program reads
  // (bpf_iter_attach_map()).
  const isOfMap = program.kind === "iter" && isErrno(outcome.status, "EACCES");
  if (isErrno(outcome.status, "EPERM") || (isErrno(outcome.status, "EACCES") && !isOfMap)) {
    const { kind } = program;
    const refused = { operation: "attach", kind, errno, trampoline: usesTrampoline(kind) } as const;
    return permissionError(`${what} could not be attached`, refused, details);
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
