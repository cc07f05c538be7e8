/**
 * Runs a command in virtual machines, one kernel after the other:
 *   node dist/scripts/vm.js --kernel 6.12 --kernel 5.10 -- node -p process.version
 */
import { parseArgs } from "node:util";
import { runInVm, type VmOptions } from "../lib/testing/vm";
import { GUEST, packageFiles } from "./package-files";

const USAGE = `usage: vm.js --kernel KERNEL [--kernel KERNEL]... [options] -- COMMAND [ARGUMENT]...
  --kernel KERNEL     a series (5.10, 6.1, 6.12, 7.3 …), SERIES-errinj, or a vmlinuz file
  --lsm LIST          the kernel's lsm= argument (lockdown,capability,landlock,bpf)
  --append ARGUMENTS  more kernel arguments
  --memory MIB        (1536)
  --cpus N            (2)
  --icount            guest time counts instructions, on one CPU
  --timeout SECONDS   (300)
  --env NAME=VALUE    an environment variable for the command
  --put HOST:GUEST    a file or directory to put into the guest
  --get GUEST:HOST    a file or directory to bring back into the directory HOST
The command runs as root in /package, which holds dist/, profiles/, package.json, build/Release/*.node and commander.`;

class UsageError extends Error {}

async function main(): Promise<number> {
  const { kernels, options } = parse(process.argv.slice(2));
  let status = 0;
  for (const kernel of kernels) {
    const result = await runInVm({ ...options, kernel });
    const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
    const times = `boot ${seconds(result.bootMs)}, total ${seconds(result.totalMs)}`;
    process.stderr.write(`${kernel}: exit ${result.exitCode}, ${times}, ${result.accelerator}\n`);
    for (const path of result.missing) process.stderr.write(`${kernel}: no ${path} to bring back\n`);
    status ||= result.exitCode;
  }
  return status;
}

function parse(args: string[]): { kernels: string[]; options: Omit<VmOptions, "kernel"> } {
  const { values, positionals } = parseOptions(args);
  const { kernel: kernels = [], lsm, append } = values;
  if (kernels.length === 0) throw new UsageError("which kernel? (--kernel)");
  if (positionals.length === 0) throw new UsageError("which command? (after --)");
  return {
    kernels,
    options: {
      command: positionals,
      cwd: GUEST,
      env: Object.fromEntries(pairs(values.env, "=")),
      put: [...packageFiles(), ...pairs(values.put, ":").map(([from, to]) => ({ from, to }))],
      collect: pairs(values.get, ":").map(([from, into]) => ({ from, into })),
      ...(lsm !== undefined && { lsm }),
      ...(append !== undefined && { append }),
      ...number("memoryMib", values.memory),
      ...number("cpus", values.cpus),
      ...(values.icount && { countInstructions: true }),
      ...number("timeoutSeconds", values.timeout),
      onStdout: (chunk) => process.stdout.write(chunk),
      onStderr: (chunk) => process.stderr.write(chunk),
    },
  };
}

function parseOptions(args: string[]) {
  const text = { type: "string" } as const;
  const list = { type: "string", multiple: true } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ kernel: list, put: list, get: list, env: list },
        ...{ lsm: text, append: text, memory: text, cpus: text, timeout: text },
        icount: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Splits each text at its first separator. */
function pairs(texts: readonly string[] = [], separator: ":" | "="): [string, string][] {
  return texts.map((text) => {
    const at = text.indexOf(separator);
    if (at < 1) throw new UsageError(`not two parts with a "${separator}" between them: ${text}`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
}

function number<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, number>> {
  if (text === undefined) return {};
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`not a positive whole number: ${text}`);
  return { [name]: Number(text) } as Record<Name, number>;
}

if (require.main === module) {
  main().then(
    (status) => {
      process.exitCode = status;
    },
    (error: Error) => {
      const usage = error instanceof UsageError;
      process.stderr.write(`${error.message}\n${usage ? `${USAGE}\n` : ""}`);
      process.exitCode = usage ? 2 : 1;
    },
  );
}
