/** struct exec_event of exec-watch.h. */
import { endianness } from "node:os";

/** One exec. */
export interface ExecEvent {
  pid: number;
  ppid: number;
  uid: number;
  /** The user before the exec: another one for a set-uid program. */
  fromUid: number;
  comm: string;
  /** comm of the program that called execve; "" where it is not known (Linux 5.10). */
  from: string;
  file: string;
  args: string[];
  /** The arguments were longer than 4096 bytes, and are cut off. */
  truncated?: true;
}

const little = endianness() === "LE";
const OFFSETS = {
  pid: 0,
  ppid: 4,
  uid: 8,
  fromUid: 12,
  argc: 16,
  argsSize: 20,
  comm: 24,
  from: 40,
  filename: 56,
  args: 312,
};
const ARGS_SIZE = 4096;

export function decodeExecEvent(bytes: Uint8Array): ExecEvent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (offset: number) => view.getUint32(offset, little);
  const text = (offset: number, size: number) => {
    const field = Buffer.from(bytes.buffer, bytes.byteOffset + offset, size);
    const end = field.indexOf(0);
    return field.toString("utf8", 0, end < 0 ? size : end);
  };
  const argc = u32(OFFSETS.argc);
  const filled = Buffer.from(bytes.buffer, bytes.byteOffset + OFFSETS.args, u32(OFFSETS.argsSize));
  // The environment follows the arguments in the process's memory, and is none of our business.
  const args = filled.toString("utf8").split("\0").slice(0, argc);
  let used = 0;
  for (const arg of args) used += Buffer.byteLength(arg) + 1;
  const truncated = args.length < argc || (filled.length === ARGS_SIZE && used > ARGS_SIZE);
  return {
    pid: u32(OFFSETS.pid),
    ppid: u32(OFFSETS.ppid),
    uid: u32(OFFSETS.uid),
    fromUid: u32(OFFSETS.fromUid),
    comm: text(OFFSETS.comm, 16),
    from: text(OFFSETS.from, 16),
    file: text(OFFSETS.filename, 256),
    args,
    ...(truncated && { truncated }),
  };
}
