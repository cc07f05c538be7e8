/** BPF_PROG_TEST_RUN. */
import { isUint8Array } from "node:util/types";
import { ArgumentError, BpfError, errnoName, isErrno, shown } from "../errors";
import { signalOf } from "../events/reader";
import { native } from "../native";
import type { Lifetime } from "../native/lifetime";

/** Options of {@link Program.testRun}. */
export interface TestRunOptions {
  /** The program's context, as bytes. For a syscall program any bytes, which the program may change. */
  context?: Uint8Array;
  /** Size in bytes of the context to return, for kinds that return it separately (xdp, tc). Default 0. */
  contextOutSize?: number;
  /** Packet data for network programs. */
  data?: Uint8Array;
  /** Size in bytes of the data to return. Default 0. */
  dataOutSize?: number;
  /** Number of runs, up to 10,000,000. Default 1. Not for syscall programs. */
  repeat?: number;
  /** BPF_F_TEST_* flags. */
  flags?: number;
  /**
   * Stops waiting when aborted: the promise is rejected with the signal's reason. The program itself runs to its end.
   */
  signal?: AbortSignal;
}

/** The result of a test run. */
export interface TestRunResult {
  /** The program's return value. */
  returnValue: number;
  /** Average duration of a run in nanoseconds, measured by the kernel; 0 if it does not measure. */
  durationNs: number;
  /** The context after the run. */
  context: Uint8Array;
  /** The data after the run. */
  data: Uint8Array;
}

/** Larger than any size that the kernel accepts, so that an allocation can't end the process. */
const MAX_BYTES = 1 << 24;

/** Some seconds with a short program. The thread can't be cancelled. */
const MAX_REPEAT = 10_000_000;

interface Runnable {
  readonly name: string;
  readonly section: string;
  readonly kind: string;
}

export async function testRun(
  program: Runnable,
  lifetime: Lifetime,
  index: number,
  options: TestRunOptions,
): Promise<TestRunResult> {
  if (typeof options !== "object" || options === null)
    throw new ArgumentError(`testRun takes an object of options, got ${shown(options)}`, {
      operation: "testRun",
      program: program.name,
    });
  const { context, contextOutSize = 0, data, dataOutSize = 0, repeat = 0, flags = 0 } = options;
  const about = { operation: "testRun", program: program.name, section: program.section };
  for (const [name, value] of Object.entries({ context, data })) {
    if (value !== undefined && !isUint8Array(value))
      throw new ArgumentError(`testRun: ${name} must be a Uint8Array`, about);
  }
  for (const [name, value] of Object.entries({ contextOutSize, dataOutSize })) {
    if (!Number.isInteger(value) || value < 0 || value > MAX_BYTES) {
      throw new ArgumentError(`testRun: ${name} must be a number of bytes up to ${MAX_BYTES}`, about);
    }
  }
  for (const [name, value, most] of [["repeat", repeat, MAX_REPEAT] as const, ["flags", flags, 0x7fffffff] as const]) {
    if (!Number.isInteger(value) || value < 0 || value > most)
      throw new ArgumentError(`testRun: ${name} must be an integer from 0 to ${most}`, about);
  }
  const signal = signalOf(options, "testRun");
  signal?.throwIfAborted();
  const object = lifetime.handle(`program ${program.name}`, "testRun");
  const request = { context, contextOutSize, data, dataOutSize, repeat, flags };
  const run = native.programTestRun(object, index, request);
  const { status, ...result } = await abortable(lifetime.track(Promise.resolve(run)), signal);
  if (status === 0) return result;
  const unsupported = isErrno(status, "EOPNOTSUPP") || errnoName(status) === "ENOTSUPP";
  throw new BpfError(
    unsupported ? "ERR_BPF_NOT_SUPPORTED" : "ERR_BPF_TEST_RUN",
    unsupported
      ? `this kernel can't test-run ${program.kind} programs`
      : `test run of ${program.name} failed (${errnoName(status)})`,
    { ...about, errno: errnoName(status) },
  );
}

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
