/** BPF_PROG_TEST_RUN. */
import { isUint8Array } from "node:util/types";
import { ArgumentError, BpfError, errnoName, isErrno } from "../errors";
import { type Handle, native } from "../native";

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
  /** Times to run; 1 by default. Not for syscall programs. */
  repeat?: number;
  /** BPF_F_TEST_* flags. */
  flags?: number;
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

interface Runnable {
  readonly name: string;
  readonly section: string;
  readonly kind: string;
}

export async function testRun(
  program: Runnable,
  object: Handle,
  index: number,
  options: TestRunOptions,
): Promise<TestRunResult> {
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
  for (const [name, value] of Object.entries({ repeat, flags })) {
    if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff)
      throw new ArgumentError(`testRun: ${name} must be a positive integer`, about);
  }
  const { status, ...result } = await native.programTestRun(
    object,
    index,
    context,
    contextOutSize,
    data,
    dataOutSize,
    repeat,
    flags,
  );
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
