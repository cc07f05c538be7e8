/** BPF_PROG_TEST_RUN. */
import { BpfError, errnoName, isErrno } from "../errors";
import { signal } from "../events/reader";
import { native } from "../native";
import type { Lifetime } from "../native/lifetime";
import { bytes, checkOptions, integer, type Schema } from "../options";

/** Options of {@link Program.testRun}. */
export interface TestRunOptions {
  /** The program's context; for a syscall program any bytes, which it may change. */
  context?: Uint8Array;
  /** Bytes of context wanted back from kinds that return it apart (xdp, tc); 0 by default. */
  contextOutSize?: number;
  /** Packet data, for network programs. */
  data?: Uint8Array;
  /** Bytes of data wanted back; 0 by default. */
  dataOutSize?: number;
  /** Times to run, up to 10,000,000; 1 by default. Not for syscall programs. */
  repeat?: number;
  /** BPF_F_TEST_* flags. */
  flags?: number;
  /** Gives the wait up: the promise is rejected with its reason. The program itself runs to its end, which nobody waits for. */
  signal?: AbortSignal;
}

/** What a test run gave. */
export interface TestRunResult {
  /** What the program returned. */
  returnValue: number;
  /** Average nanoseconds of a run, as the kernel measured; 0 where it does not measure. */
  durationNs: number;
  /** The context after the run. */
  context: Uint8Array;
  /** The data after the run. */
  data: Uint8Array;
}

/** More than the kernel takes in any case: one allocation of this size must not end the process. */
const MAX_BYTES = 1 << 24;

/** Seconds of a short program, on a thread that nothing but the process' end takes back. */
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
