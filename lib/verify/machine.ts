/** Boots a kernel and has it load the programs of an object. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { places } from "../native/binary";
import type { VariableTexts } from "../object/variable-text";
import { PACKAGE_ROOT } from "../package-root";
import type { Put, VmOptions } from "../testing";
import { runInVm, VmError } from "../testing";
import type { LoadedProgram } from "./load-alone";

/** The answers of one kernel. */
export interface KernelAnswers {
  /** The kernel as it was named. */
  readonly kernel: string;
  /** Its release, as of uname(2). */
  readonly release: string;
  /** In the order of the object. */
  readonly programs: readonly LoadedProgram[];
}

export interface MachineOptions extends Pick<VmOptions, "lsm" | "memoryMib" | "timeoutSeconds" | "onProgress"> {
  variables?: VariableTexts;
}

const GUEST = "/node-libbpf";
const ANSWERS = "/tmp/answers.json";

/**
 * Boots a kernel and loads the programs there, each on its own.
 *
 * @throws {@link VmError} if the machine could not be started or died, or Node.js or the addon did not run there
 */
export async function verifyOn(
  kernel: string,
  path: string,
  { variables = [], ...options }: MachineOptions,
): Promise<KernelAnswers> {
  const object = `/object/${basename(path)}`;
  const into = mkdtempSync(join(tmpdir(), "node-libbpf-verify-"));
  const said: Buffer[] = [];
  try {
    const { exitCode, files } = await runInVm({
      ...options,
      kernel,
      command: ["node", `${GUEST}/dist/bundle/guest.js`, object, ANSWERS, JSON.stringify([...variables])],
      env: { NODE_LIBBPF_PREBUILD: `${GUEST}/node-libbpf.node` },
      // Loading is sequential, and the CPUs of an emulated machine wait for each other.
      cpus: 1,
      put: [...library(), { from: resolve(path), to: object }],
      collect: [{ from: ANSWERS, into }],
      onStderr: (chunk) => said.push(chunk),
    });
    const [answers] = files;
    if (exitCode === 0 && answers !== undefined) return { kernel, ...JSON.parse(readFileSync(answers, "utf8")) };
    throw new VmError("ERR_BPF_VM_FAILED", `node-libbpf did not run on ${kernel}\n${Buffer.concat(said)}`.trimEnd());
  } finally {
    rmSync(into, { recursive: true });
  }
}

/** This package's code and its addon, without the source maps. */
function library(): Put[] {
  const addon = places(PACKAGE_ROOT, process, process.env.NODE_LIBBPF_PREBUILD).find((place) => existsSync(place));
  return [
    { from: join(PACKAGE_ROOT, "dist/bundle"), to: `${GUEST}/dist/bundle`, filter: (path) => !path.endsWith(".map") },
    { from: join(PACKAGE_ROOT, "package.json"), to: `${GUEST}/package.json` },
    ...(addon === undefined ? [] : [{ from: addon, to: `${GUEST}/node-libbpf.node` }]),
  ];
}
