/** Runs task-iter.bpf.c once. */
import { buffer } from "node:stream/consumers";
import { codecOf } from "node-libbpf";
import { splitArgs } from "../args";
import { open, type process } from "./task-iter.bpf";

export interface Process {
  pid: number;
  ppid: number;
  uid: number;
  comm: string;
  /** The command line, whose end may be truncated; empty for kernel threads. */
  args: string[];
}

/** Needs Linux 5.18: since then iterators can sleep and read other processes' memory. */
export async function listProcesses(): Promise<Process[]> {
  const spec = open();
  const codec = codecOf<process>(spec.btf.typeNamed("struct process"));
  await using object = await spec.load();
  using link = object.programs.list_processes.attach();
  const output = await buffer(link.read());
  const view = new DataView(output.buffer, output.byteOffset, output.length);
  return Array.from({ length: output.length / codec.size }, (_, index) =>
    toProcess(codec.decode(view, index * codec.size)),
  );
}

function toProcess({ args, args_size, ...process }: process): Process {
  return { ...process, args: splitArgs(args.subarray(0, args_size)) };
}
