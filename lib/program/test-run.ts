/** BPF_PROG_TEST_RUN. */
import { BpfError, errnoName, isErrno } from "../errors";
import { signal } from "../events/reader";
import { native } from "../native";
import type { Lifetime } from "../native/lifetime";
import { bytes, checkOptions, integer, type Schema } from "../options";

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

const OPTIONS: Schema<TestRunOptions> = {
  ...{ context: bytes, contextOutSize: integer(0, MAX_BYTES), data: bytes, dataOutSize: integer(0, MAX_BYTES) },
  ...{ repeat: integer(0, MAX_REPEAT), flags: integer(0, 0x7fffffff), signal },
};

function about({ name, section }: Runnable) {
  return { operation: "program.testRun", program: name, section } as const;
}

export function checkedRunOptions(program: Runnable, options: TestRunOptions | undefined): TestRunOptions {
  const { name, section } = program;
  return checkOptions(
    { name: "testRun", of: `program ${name} (${section})`, details: about(program) },
    options,
    OPTIONS,
  );
}

/** @param given {@link checkedRunOptions} */
export async function testRun(
  program: Runnable,
  lifetime: Lifetime,
  index: number,
  given: TestRunOptions,
): Promise<TestRunResult> {
  const { context, contextOutSize = 0, data, dataOutSize = 0, repeat = 0, flags = 0, signal } = given;
  signal?.throwIfAborted();
  const object = lifetime.handle(`program ${program.name}`, "program.testRun");
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
    { ...about(program), errno: errnoName(status) },
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
