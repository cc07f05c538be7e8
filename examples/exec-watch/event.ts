/** The fields of an exec event. */
import type { exec_event } from "./exec-watch.bpf";

/** One exec. */
export interface ExecEvent {
  pid: number;
  ppid: number;
  uid: number;
  /** The user before the exec; differs for a set-uid program. */
  fromUid: number;
  comm: string;
  /** comm of the program that called execve; "" if it is not known (Linux 5.10). */
  from: string;
  file: string;
  args: string[];
  /** The arguments were longer than 4096 bytes and are truncated. */
  truncated?: true;
}

export function toExecEvent({ argc, args_size, args: memory, ...event }: exec_event): ExecEvent {
  const filled = Buffer.from(memory.buffer, memory.byteOffset, args_size);
  // The environment follows the arguments in the process's memory; it is left out.
  const args = filled.toString("utf8").split("\0").slice(0, argc);
  let used = 0;
  for (const arg of args) used += Buffer.byteLength(arg) + 1;
  const truncated = args.length < argc || (filled.length === memory.length && used > memory.length);
  const { pid, ppid, uid, from_uid: fromUid, comm, from, filename: file } = event;
  return { pid, ppid, uid, fromUid, comm, from, file, args, ...(truncated && { truncated }) };
}
