/** BPF_PROG_TEST_RUN. */
import { release } from "node:os";
import { isUint8Array } from "node:util/types";
import type { Codec } from "../codec/codec";
import { isSince } from "../compare-versions";
import { Flag, ProgramType } from "../constants";
import { ArgumentError, BpfError, errnoName } from "../errors";
import { signal } from "../events/reader";
import { permissionError } from "../kernel/refusal";
import { native, type TestRunRequest } from "../native";
import type { Lifetime } from "../native/lifetime";
import { boolean, bytes, checkOptions, custom, integer, type Schema } from "../options";

/**
 * Options of {@link Program.testRun}. `C` is the type of the context: bytes, or the value of the struct that the
 * program's function takes a pointer to. Which options a program has depends on its type; the others are refused.
 */
export interface TestRunOptions<C = Uint8Array> {
  /**
   * The program's context: bytes, or a value of the struct that the program takes a pointer to, if the object's BTF has
   * it (`node-libbpf gen` writes its type for syscall programs). A syscall program may change it. For xdp since Linux
   * 5.15.
   */
  context?: C;
  /**
   * Size in bytes of the context to return, for kinds that return it separately (xdp, tc). Default 0; with a value as
   * context it is set by its type.
   */
  contextOutSize?: number;
  /** Packet data for network programs. */
  data?: Uint8Array;
  /** Size in bytes of the data to return. Default 0. Not with `liveFrames`. */
  dataOutSize?: number;
  /** Number of runs, up to 10,000,000. Default 1. Not for syscall, raw_tp and tracing programs. */
  repeat?: number;
  /** The CPU that a raw_tp program runs on; default any. Sets BPF_F_TEST_RUN_ON_CPU. Since Linux 5.10. */
  cpu?: number;
  /**
   * For xdp programs: frames are really transmitted, redirected or passed to the network stack, as the program returns
   * (BPF_F_TEST_XDP_LIVE_FRAMES). Neither data nor context are returned. Since Linux 5.18.
   */
  liveFrames?: boolean;
  /** Number of frames at a time with `liveFrames`, up to 256. Default 64. Since Linux 5.18. */
  batchSize?: number;
  /**
   * For programs on packets (struct __sk_buff): the packet has a checksum, which must be right after the program
   * (BPF_F_TEST_SKB_CHECKSUM_COMPLETE). Since Linux 6.11.
   */
  checksumComplete?: boolean;
  /** Other BPF_F_TEST_* flags. */
  flags?: number;
  /**
   * Stops waiting when aborted: the promise is rejected with the signal's reason. The program itself runs to its end.
   */
  signal?: AbortSignal;
}

/** The result of a test run. */
export interface TestRunResult<C = Uint8Array> {
  /** The program's return value. */
  returnValue: number;
  /** Average duration of a run in nanoseconds, measured by the kernel; 0 if it does not measure. */
  durationNs: number;
  /** The context after the run: a value if a value was given, else bytes. */
  context: C;
  /** The data after the run. */
  data: Uint8Array;
}

/** Larger than any size that the kernel accepts, so that an allocation can't end the process. */
const MAX_BYTES = 1 << 24;

/** Some seconds with a short program. The thread can't be cancelled. */
const MAX_REPEAT = 10_000_000;

/** TEST_XDP_MAX_BATCH and NAPI_POLL_WEIGHT in net/bpf/test_run.c. */
const MAX_BATCH = 256;
const BATCH = 64;

/** A context that is returned may be larger than the object's type of it: the kernel fails with ENOSPC if it does not fit. */
const CONTEXT_OUT = 1024;

interface Runnable {
  readonly name: string;
  readonly section: string;
  readonly kind: string;
  readonly type: number;
  /** The codec of a context that is a struct. */
  readonly context: () => Codec<unknown> | undefined;
}

type Given = TestRunOptions<unknown>;

const OPTIONS: Schema<Given> = {
  context: custom("a Uint8Array or an object", (value) => typeof value === "object" && value !== null),
  ...{ contextOutSize: integer(0, MAX_BYTES), data: bytes, dataOutSize: integer(0, MAX_BYTES) },
  ...{ repeat: integer(0, MAX_REPEAT), cpu: integer(0, 0x7fffffff) },
  ...{ liveFrames: boolean, batchSize: integer(1, MAX_BATCH), checksumComplete: boolean },
  ...{ flags: integer(0, 0x7fffffff), signal },
};

type Name = keyof Given;

const CONTEXT: readonly Name[] = ["context", "contextOutSize"];
const PACKET: readonly Name[] = [...CONTEXT, "data", "dataOutSize", "repeat"];
const SKB: readonly Name[] = [...PACKET, "checksumComplete"];

/**
 * The options that the kernel takes for a program type: each type's function in net/bpf/test_run.c. It ignores others,
 * or fails with EINVAL. Types that are not listed have no test runs, or one that no option is known of.
 */
const OPTIONS_OF: Readonly<Record<number, readonly Name[]>> = {
  [ProgramType.SYSCALL]: ["context"],
  [ProgramType.RAW_TRACEPOINT]: ["context", "cpu"],
  [ProgramType.TRACING]: [],
  [ProgramType.SK_LOOKUP]: [...CONTEXT, "repeat"],
  [ProgramType.XDP]: [...PACKET, "liveFrames", "batchSize"],
  [ProgramType.SOCKET_FILTER]: SKB,
  [ProgramType.SCHED_CLS]: SKB,
  [ProgramType.SCHED_ACT]: SKB,
  [ProgramType.CGROUP_SKB]: SKB,
  [ProgramType.LWT_IN]: SKB,
  [ProgramType.LWT_OUT]: SKB,
  [ProgramType.LWT_XMIT]: SKB,
  [ProgramType.LWT_SEG6LOCAL]: SKB,
  [ProgramType.FLOW_DISSECTOR]: PACKET,
  [ProgramType.NETFILTER]: PACKET,
};

/** The releases that introduced options; earlier kernels fail with EINVAL. */
const SINCE: { readonly [N in Name]?: string } = {
  liveFrames: "5.18",
  batchSize: "5.18",
  checksumComplete: "6.11",
};

function about({ name, section }: Pick<Runnable, "name" | "section">) {
  return { operation: "program.testRun", program: name, section } as const;
}

/** The options, checked; with a value as context also its codec. */
export interface GivenRun extends Given {
  readonly codec?: Codec<unknown>;
}

export function checkedRunOptions(program: Runnable, options: Given | undefined): GivenRun {
  const { name, section, kind } = program;
  const of = `program ${name} (${section})`;
  const allowed = [...(OPTIONS_OF[program.type] ?? Object.keys(OPTIONS)), "flags", "signal"];
  const callee = { name: "testRun", of, has: `a ${kind} program`, details: about(program) };
  const given = checkOptions(callee, options, OPTIONS, [...new Set(allowed)]);
  const refuse = (problem: string) => new ArgumentError(`${of}: testRun's ${problem}`, about(program));
  const live = given.liveFrames === true || (program.type === ProgramType.XDP && hasFlag(given, LIVE));
  if (given.batchSize !== undefined && !live) throw refuse("option batchSize needs liveFrames");
  for (const out of ["dataOutSize", "contextOutSize"] as const)
    if (live && given[out]) throw refuse(`option ${out} can't be used with liveFrames: the frames are gone`);
  if (given.context === undefined || isUint8Array(given.context)) return given;
  const codec = program.context();
  if (codec !== undefined) return { ...given, codec };
  throw refuse(
    "option context must be a Uint8Array: the program takes no pointer to a struct that is in the object's BTF",
  );
}

const LIVE = Flag.TEST_XDP_LIVE_FRAMES;

function hasFlag({ flags = 0 }: Given, flag: number): boolean {
  return (flags & flag) !== 0;
}

function requestOf({ codec, context, ...given }: GivenRun): TestRunRequest {
  const { cpu, liveFrames, checksumComplete, data, dataOutSize = 0, repeat = 0 } = given;
  const flags =
    (given.flags ?? 0) |
    (cpu === undefined ? 0 : Flag.TEST_RUN_ON_CPU) |
    (liveFrames ? LIVE : 0) |
    (checksumComplete ? Flag.TEST_SKB_CHECKSUM_COMPLETE : 0);
  const { contextOutSize = 0 } = given;
  // 5.10 ignores the flag, but not a member of bpf_attr that it does not know.
  const batchSize = given.batchSize ?? ((flags & LIVE) === 0 ? 0 : BATCH);
  return {
    context: codec === undefined ? (context as Uint8Array | undefined) : encoded(codec, context),
    contextOutSize,
    ...{ data, dataOutSize, repeat, flags, cpu: cpu ?? 0, batchSize },
  };
}

function encoded(codec: Codec<unknown>, value: unknown): Uint8Array {
  const bytes = new Uint8Array(codec.size);
  codec.encode(value, new DataView(bytes.buffer), 0);
  return bytes;
}

/** The kernel's struct may be shorter than that of the object. */
function decoded(codec: Codec<unknown>, context: Uint8Array): unknown {
  const bytes = new Uint8Array(Math.max(codec.size, context.length));
  bytes.set(context);
  return codec.decode(new DataView(bytes.buffer), 0);
}

/** @param given {@link checkedRunOptions} */
export async function testRun(
  program: Runnable,
  lifetime: Lifetime,
  index: number,
  given: GivenRun,
): Promise<TestRunResult<unknown>> {
  const { codec, signal } = given;
  signal?.throwIfAborted();
  const object = lifetime.handle(`program ${program.name}`, "program.testRun");
  const request = requestOf(given);
  const returns = OPTIONS_OF[program.type]?.includes("contextOutSize") && (request.flags & LIVE) === 0;
  if (codec !== undefined && returns) request.contextOutSize ||= Math.max(codec.size, CONTEXT_OUT);
  const run = native.programTestRun(object, index, request);
  const { status, context, ...result } = await abortable(lifetime.track(Promise.resolve(run)), signal);
  if (status === 0) return { ...result, context: codec === undefined ? context : decoded(codec, context) };
  throw failed(program, given, status);
}

function failed(program: Runnable, given: GivenRun, status: number): BpfError {
  const { name, kind } = program;
  const errno = errnoName(status);
  const details = { ...about(program), errno };
  if (errno === "EOPNOTSUPP" || errno === "ENOTSUPP")
    return new BpfError("ERR_BPF_NOT_SUPPORTED", `this kernel can't test-run ${kind} programs`, details);
  const lacking = (Object.keys(SINCE) as (keyof typeof SINCE)[]).find(
    (option) => given[option] !== undefined && !isSince(release(), SINCE[option] ?? ""),
  );
  if (errno === "EINVAL" && lacking !== undefined)
    return new BpfError(
      "ERR_BPF_NOT_SUPPORTED",
      `test run of ${name}: ${lacking} needs Linux ${SINCE[lacking]}`,
      details,
    );
  if (errno === "EPERM") return permissionError(`test run of ${name} failed`, { operation: "use" }, details);
  const hint = HINTS[errno]?.(given);
  return new BpfError("ERR_BPF_TEST_RUN", `test run of ${name} failed (${errno})`, {
    ...details,
    ...(hint !== undefined && { hint }),
  });
}

const HINTS: Readonly<Record<string, (given: GivenRun) => string | undefined>> = {
  ENOSPC: ({ dataOutSize }) =>
    dataOutSize ? "The data is longer: raise dataOutSize" : "The context is longer: raise contextOutSize",
  ENXIO: ({ cpu }) => (cpu === undefined ? undefined : `CPU ${cpu} is not online`),
  EBADMSG: ({ checksumComplete }) =>
    checksumComplete ? "The packet's checksum is wrong after the program" : undefined,
};

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
