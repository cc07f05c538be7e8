/** Loads file-audit.bpf.c and yields each open of a file under a directory as it happens. */
import { constants, realpathSync } from "node:fs";
import { join } from "node:path";
import type { BpfObject } from "node-libbpf";
import { splitArgs } from "../args";
import type { Watch } from "../command";
import { type FileAudit, open, type open_event } from "./file-audit.bpf";

/** One open. */
export interface FileOpen {
  pid: number;
  uid: number;
  comm: string;
  path: string;
  /** The flags of open(2): ["O_WRONLY", "O_CREAT"]. */
  flags: string[];
  /** The command line of the process; its end may be truncated. */
  args: string[];
}

/** Needs Linux 5.12: since then sleepable programs can use ring buffers. */
export async function auditOpens(directory: string): Promise<Watch<FileOpen>> {
  const spec = open();
  // The kernel's paths have no symbolic links.
  spec.variables.directory = join(realpathSync(directory), "/");
  const object = await spec.load();
  try {
    object.programs.on_open.attach();
  } catch (error) {
    object.close();
    throw error;
  }
  return {
    events: opensOf(object),
    get dropped() {
      return object.variables.dropped;
    },
    [Symbol.asyncDispose]: () => object[Symbol.asyncDispose](),
  };
}

async function* opensOf({ maps }: BpfObject<FileAudit>): AsyncIterable<FileOpen[]> {
  for await (const batch of maps.events) yield batch.map(toFileOpen);
}

function toFileOpen({ args, args_size, flags, ...event }: open_event): FileOpen {
  return { ...event, flags: flagNames(flags), args: splitArgs(args.subarray(0, args_size)) };
}

const FLAGS = ["CREAT", "EXCL", "TRUNC", "APPEND", "NONBLOCK", "DIRECTORY", "NOFOLLOW", "SYNC"] as const;

function flagNames(flags: number): string[] {
  // The access mode (read, write, both) is a number, not a set of bits.
  const access = ["O_RDONLY", "O_WRONLY", "O_RDWR"][flags & 3] ?? "O_ACCMODE";
  const set = FLAGS.filter((name) => (flags & constants[`O_${name}`]) === constants[`O_${name}`]);
  return [access, ...set.map((name) => `O_${name}`)];
}
