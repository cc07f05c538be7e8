/** Attaches programs to instructions of the kernel and of user space, and to events of the CPU. */
import { native } from "../../native";
import { bigint64, custom, descriptor, filled, list, natural, oneOf, text, uint32 } from "../../options";
import { type Attachable, argument, type Mechanism, ofEach, onlyOne } from "./mechanism";

/** Options for kprobe and kretprobe programs. */
export interface KprobeAttachOptions {
  /** A number that the program reads with bpf_get_attach_cookie(). Since Linux 5.15. */
  cookie?: bigint;
  /** The function. Default: the section's. */
  function?: string;
  /** Offset in bytes from the function's start. Default: 0, or the section's for the section's function. */
  offset?: number;
}

/** Options for ksyscall and kretsyscall programs. */
export interface KsyscallAttachOptions {
  /** A number that the program reads with bpf_get_attach_cookie(). Since Linux 5.15. */
  cookie?: bigint;
  /** The system call, without an architecture's prefix: "openat2". Default: the section's. */
  function?: string;
}

/** Options for kprobe.multi, kretprobe.multi and kprobe.session programs. */
export interface KprobeMultiAttachOptions {
  /** Functions by a pattern with `*` and `?`: "tcp_*". Default: the section's. */
  pattern?: string;
  /** Functions by their names. */
  functions?: readonly string[];
  /** Functions by their addresses. */
  addresses?: readonly bigint[];
  /** For each function or address, the number that the program reads with bpf_get_attach_cookie(). */
  cookies?: readonly bigint[];
}

/** Options for uprobe and uretprobe programs. */
export interface UprobeAttachOptions {
  /** A number that the program reads with bpf_get_attach_cookie(). Since Linux 5.15. */
  cookie?: bigint;
  /** The process to trace, 0 for this one. Default: all. */
  pid?: number;
  /** Path of the executable or library. Default: the section's. */
  path?: string;
  /** The function. Default: the section's. */
  function?: string;
  /**
   * Offset in bytes from the function's start, or without a function, from the start of the file. Default: 0, or the
   * section's for the section's function.
   */
  offset?: number;
  /** Offset in the file of a counter, which the kernel increments while the probe is attached (a semaphore of USDT). */
  refCtrOffset?: number;
}

/** Options for uprobe.multi, uretprobe.multi and uprobe.session programs. */
export interface UprobeMultiAttachOptions {
  /** The process to trace, 0 for this one. Default: all. */
  pid?: number;
  /** Path of the executable or library. Default: the section's. */
  path?: string;
  /** Functions by a pattern with `*` and `?`. Default: the section's. */
  pattern?: string;
  /** Functions by their names. */
  functions?: readonly string[];
  /** Places by their offsets in the file. */
  offsets?: readonly number[];
  /** For each function or offset, the offset in the file of a counter; see `refCtrOffset` of a uprobe. */
  refCtrOffsets?: readonly number[];
  /** For each function or offset, the number that the program reads with bpf_get_attach_cookie(). */
  cookies?: readonly bigint[];
}

/** Options for usdt programs. */
export interface UsdtAttachOptions {
  /** A number that the program reads with bpf_usdt_cookie(). On every kernel. */
  cookie?: bigint;
  /** The process to trace, 0 for this one. Default: all. */
  pid?: number;
  /** Path of the executable or library. Default: the section's. */
  path?: string;
  /** The probe's provider. Default: the section's. */
  provider?: string;
  /** The probe's name. Default: the section's. */
  name?: string;
}

/** Events by name, each with its type and its number (enum perf_type_id, perf_hw_id and perf_sw_ids). */
const EVENTS = {
  cpu_cycles: [0, 0],
  instructions: [0, 1],
  cache_references: [0, 2],
  cache_misses: [0, 3],
  branch_instructions: [0, 4],
  branch_misses: [0, 5],
  cpu_clock: [1, 0],
  task_clock: [1, 1],
  page_faults: [1, 2],
  context_switches: [1, 3],
  cpu_migrations: [1, 4],
} as const;

/** An event of a CPU or of the kernel that perf_event_open(2) counts. */
export type PerfEventName = keyof typeof EVENTS;

/** Options for perf_event programs: the event of perf_event_open(2), and how often the program runs. */
export interface PerfEventAttachOptions {
  /** A number that the program reads with bpf_get_attach_cookie(). Since Linux 5.15. */
  cookie?: bigint;
  /** The event, instead of `type` and `config`. */
  event?: PerfEventName;
  /** perf_event_attr.type: 0 hardware, 1 software, 4 raw, or a PMU's number in /sys/bus/event_source/devices. */
  type?: number;
  /** perf_event_attr.config: the event's number in its type. */
  config?: number | bigint;
  /** The program runs after this many events; for clocks, after as many nanoseconds. */
  period?: number;
  /** The kernel adapts the period so that the program runs this many times in a second. */
  frequency?: number;
  /** The thread whose events count: the pid of a process for its first one, 0 for this one. Default: all, on one CPU. */
  pid?: number;
  /** The CPU whose events count. Default: all; one of `pid` and `cpu` must be given. */
  cpu?: number;
}

export const kprobe: Mechanism<KprobeAttachOptions> = {
  schema: { cookie: bigint64, function: text, offset: natural },
  since: { cookie: "5.15" },
  attach(program, { handle, index }, { cookie = 0n, function: given, offset }) {
    const section = /^([^+]+)(?:\+(0x[\da-f]+|\d+))?$/i.exec(program.attachTarget ?? "");
    const name = given ?? section?.[1];
    if (!name) throw argument(program, "needs a function", "Pass attach({ function })");
    return native.attachKprobe(handle, index, {
      ...{ function: name, offset: offset ?? offsetOf(section?.[2], given) },
      ...{ retprobe: isReturn(program), cookie },
    });
  },
};

/** The section's offset belongs to the section's function. */
const offsetOf = (text = "0", given: string | undefined) => (given === undefined ? Number(text) : 0);

export const ksyscall: Mechanism<KsyscallAttachOptions> = {
  schema: { cookie: bigint64, function: filled },
  since: { cookie: "5.15" },
  attach(program, { handle, index }, { cookie = 0n, function: given }) {
    const name = given ?? program.attachTarget;
    if (!name) throw argument(program, "needs a system call", "Pass attach({ function })");
    return native.attachKsyscall(handle, index, { function: name, retprobe: isReturn(program), cookie });
  },
};

const isReturn = ({ kind }: Attachable) => /^[ku]ret/.test(kind);
const isSession = ({ kind }: Attachable) => kind.endsWith(".session");

export const kprobeMulti: Mechanism<KprobeMultiAttachOptions> = {
  schema: { pattern: filled, functions: list(filled), addresses: list(bigint64), cookies: list(bigint64) },
  attach(program, { handle, index }, options) {
    onlyOne(program, options, ["pattern", "functions", "addresses"]);
    const { functions = [], addresses = [], cookies } = options;
    const count = functions.length || addresses.length;
    const pattern = options.pattern ?? (count > 0 ? "" : program.attachTarget);
    if (pattern === undefined || (options.functions ?? options.addresses)?.length === 0)
      throw argument(
        program,
        "needs functions",
        "Pass attach({ functions }), attach({ pattern }) or attach({ addresses })",
      );
    ofEach(program, "cookies", cookies, count);
    return native.attachKprobeMulti(handle, index, {
      ...{ pattern, functions, addresses: BigUint64Array.from(addresses) },
      ...{ cookies: BigUint64Array.from(cookies ?? []), retprobe: isReturn(program), session: isSession(program) },
    });
  },
};

export const uprobe: Mechanism<UprobeAttachOptions> = {
  schema: {
    ...{ cookie: bigint64, pid: descriptor, path: text, function: text },
    ...{ offset: natural, refCtrOffset: natural },
  },
  since: { cookie: "5.15" },
  attach(program, { handle, index }, options) {
    const section = /^(.*?)(?::([^:+]+)(?:\+(0x[\da-f]+|\d+))?)?$/i.exec(program.attachTarget ?? "");
    const path = options.path ?? section?.[1];
    if (!path) throw argument(program, "needs the path of an executable", `${PASS_PATH}:function")`);
    const name = options.function ?? (options.offset === undefined ? section?.[2] : undefined) ?? "";
    const offset = options.offset ?? offsetOf(section?.[3], options.function);
    if (name === "" && options.offset === undefined && !section?.[2])
      throw argument(program, "needs a function or an offset", "Pass attach({ function }) or attach({ offset })");
    const numeric = /^(0x[\da-f]+|\d+)$/i.test(name);
    const { pid = -1, cookie = 0n, refCtrOffset: counter = 0 } = options;
    return native.attachUprobe(handle, index, {
      ...{ pid, path, function: numeric ? "" : name, offset: numeric ? Number(name) : offset },
      ...{ counter, retprobe: isReturn(program), cookie },
    });
  },
};

const PASS_PATH = 'Pass attach({ path }), or name it in the section: SEC("uprobe//path';

export const uprobeMulti: Mechanism<UprobeMultiAttachOptions> = {
  schema: {
    ...{ pid: descriptor, path: filled, pattern: filled, functions: list(filled) },
    ...{ offsets: list(natural), refCtrOffsets: list(natural), cookies: list(bigint64) },
  },
  attach(program, { handle, index }, options) {
    onlyOne(program, options, ["pattern", "functions", "offsets"]);
    const [, ofSection, patternOfSection] = /^(.+?):(.+)$/.exec(program.attachTarget ?? "") ?? [];
    const { path = ofSection, functions = [], offsets = [], refCtrOffsets, cookies, pid = -1 } = options;
    if (path === undefined) throw argument(program, "needs the path of an executable", "Pass attach({ path })");
    const count = functions.length || offsets.length;
    const pattern = options.pattern ?? (count > 0 ? "" : patternOfSection);
    if (pattern === undefined || (options.functions ?? options.offsets)?.length === 0)
      throw argument(
        program,
        "needs functions",
        "Pass attach({ functions }), attach({ pattern }) or attach({ offsets })",
      );
    ofEach(program, "cookies", cookies, count);
    ofEach(program, "refCtrOffsets", refCtrOffsets, count);
    return native.attachUprobeMulti(handle, index, {
      ...{ pid, path, pattern, functions, offsets: wide(offsets), counters: wide(refCtrOffsets ?? []) },
      ...{ cookies: BigUint64Array.from(cookies ?? []), retprobe: isReturn(program), session: isSession(program) },
    });
  },
};

const wide = (numbers: readonly number[]) => BigUint64Array.from(numbers, BigInt);

/** The place of a USDT probe; what neither the options nor the section say is undefined. */
function placeOf({ attachTarget }: Attachable, options: UsdtAttachOptions) {
  const [, path, provider, name] = /^(.+?):([^:]+):([^:]+)$/.exec(attachTarget ?? "") ?? [];
  return { path, provider, name, ...options };
}

export const usdt: Mechanism<UsdtAttachOptions> = {
  schema: { cookie: bigint64, pid: descriptor, path: filled, provider: filled, name: filled },
  target(program, options) {
    const { path, provider, name } = placeOf(program, options);
    return `${path}:${provider}:${name}`;
  },
  attach(program, { handle, index }, options) {
    const { path, provider, name } = placeOf(program, options);
    const { pid = -1, cookie = 0n } = options;
    if (path === undefined || provider === undefined || name === undefined) {
      const hint = `Pass attach({ path, provider, name }), or name them in the section: SEC("usdt//path:provider:name")`;
      throw argument(program, "needs a path, a provider and a name", hint);
    }
    return native.attachUsdt(handle, index, { pid, path, provider, name, cookie });
  },
};

export const perfEvent: Mechanism<PerfEventAttachOptions> = {
  schema: {
    ...{ cookie: bigint64, event: oneOf(...(Object.keys(EVENTS) as PerfEventName[])), type: uint32 },
    config: custom("an integer from 0 to 2^64 - 1", (value) =>
      typeof value === "bigint"
        ? BigInt.asUintN(64, value) === value
        : Number.isSafeInteger(value) && Number(value) >= 0,
    ),
    ...{ period: natural, frequency: uint32, pid: descriptor, cpu: descriptor },
  },
  since: { cookie: "5.15" },
  attach(program, { handle, index }, options) {
    onlyOne(program, options, ["event", "type"]);
    onlyOne(program, options, ["event", "config"]);
    onlyOne(program, options, ["period", "frequency"]);
    const { event, cookie = 0n, pid = -1, cpu = -1, frequency } = options;
    const [type = options.type, config = options.config ?? 0] = event === undefined ? [] : EVENTS[event];
    if (type === undefined)
      throw argument(program, "needs an event", "Pass attach({ event }) or attach({ type, config })");
    const sample = options.period ?? frequency;
    if (!sample)
      throw argument(program, "needs to know how often it runs", "Pass attach({ period }) or attach({ frequency })");
    if (pid < 0 && cpu < 0)
      throw argument(program, "needs a CPU or a process", "Pass attach({ cpu }) or attach({ pid })");
    return native.attachPerfEvent(handle, index, {
      ...{ type, config: BigInt(config), sample: BigInt(sample), frequency: frequency !== undefined },
      ...{ pid, cpu, cookie },
    });
  },
};
