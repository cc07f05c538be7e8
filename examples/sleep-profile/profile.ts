/** Loads sleep-profile.bpf.c: how much this process writes to files at once, and how long it waits for that. */
import { readFileSync } from "node:fs";
import { open } from "./sleep-profile.bpf";

/** Writes of `bytes` and more, up to twice as many. */
export interface Bucket {
  bytes: number;
  writes: number;
  /** A write's mean duration. */
  microseconds: number;
}

export interface Profile extends Disposable {
  /** What was written until now; buckets without writes are left out. */
  buckets(): Bucket[];
}

/** Counts what fs.writeSync() and its like do from now on. Needs Linux 6.0: uprobes can sleep since then. */
export async function profileWrites(): Promise<Profile> {
  const object = await open().load();
  const where = { path: fileOfLibuv(), function: "uv_fs_write", pid: process.pid };
  try {
    object.programs.on_written.attach(where);
    object.programs.on_write.attach(where);
  } catch (error) {
    object.close();
    throw error;
  }
  return {
    buckets: () =>
      object.variables.buckets.flatMap(({ writes, nanoseconds }, index) => {
        const microseconds = Number(nanoseconds) / Number(writes) / 1000;
        return writes === 0n ? [] : [{ bytes: 2 ** index, writes: Number(writes), microseconds }];
      }),
    [Symbol.dispose]: () => object.close(),
  };
}

/** libuv is a part of Node itself, or, as distributions build it, a library that it has loaded. */
function fileOfLibuv(): string {
  return /\/\S*\/libuv\.so\S*/.exec(readFileSync("/proc/self/maps", "utf8"))?.[0] ?? process.execPath;
}
