/** Scripts in virtual machines whose clock counts instructions: a nanosecond for each. */
import { runInVm, type VmOptions } from "../lib/testing";
import { GUEST, packageFiles } from "../scripts/package-files";
import type { Architecture } from "../scripts/toolchain";

type Options = Pick<VmOptions, "kernel" | "memoryMib" | "timeoutSeconds"> & { arch?: Architecture };

/** What a script of this project, and its arguments, printed there as JSON. */
export async function counted<T>(command: readonly string[], options: Options): Promise<T> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const { exitCode } = await runInVm({
    ...options,
    countInstructions: true,
    command: ["node", ...command],
    cwd: GUEST,
    put: packageFiles(options.arch),
    onStdout: (chunk) => stdout.push(chunk),
    onStderr: (chunk) => stderr.push(chunk),
  });
  if (exitCode !== 0) throw new Error(`${command[0]} failed on ${options.kernel}:\n${Buffer.concat(stderr)}`);
  return JSON.parse(`${Buffer.concat(stdout)}`) as T;
}
