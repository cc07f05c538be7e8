/** Loads sleep-profile.bpf.c: the sizes of this process's file writes, and their durations. */
import { readFileSync } from "node:fs";
import { open } from "./sleep-profile.bpf";

/** Writes from `bytes` to less than twice as many. */
export interface Bucket {
  bytes: number;
  writes: number;
  /** The mean duration of a write. */
  microseconds: number;
}

export interface Profile extends Disposable {
  /** The writes until now; buckets without writes are left out. */
  buckets(): Bucket[];
}

/**
 * Starts counting the writes of fs.writeSync() and similar functions. Needs Linux 6.0: since then uprobes can sleep.
 */
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

/** libuv is part of the Node.js executable, or, in distributions' builds, a shared library. */
function fileOfLibuv(): string {
  return /\/\S*\/libuv\.so\S*/.exec(readFileSync("/proc/self/maps", "utf8"))?.[0] ?? process.execPath;
}
