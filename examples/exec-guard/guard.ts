/** Loads exec-guard.bpf.c; paths are denied and allowed again while it runs. */
import { join } from "node:path";
import { HashMap, open } from "node-libbpf";

/** Bytes of a path in the map, its NUL included. */
const PATH_SIZE = 256;

export interface Guard extends AsyncDisposable {
  /** Denies the execution of a file, by its absolute path as the kernel resolves it (no symbolic links). */
  deny(path: string): void;
  allow(path: string): void;
  /** How often each path of the list was denied. */
  denials(): Map<string, bigint>;
  /** Execs that were looked at. */
  readonly checked: bigint;
}

/** Needs Linux 5.11: the hook can sleep since then. */
export async function guardExecs(): Promise<Guard> {
  const object = await open(join(__dirname, "exec-guard.bpf.o")).load();
  const denied = object.map("denied", HashMap).raw;
  try {
    for (const program of Object.values(object.programs)) program.attach();
  } catch (error) {
    object.close();
    throw error;
  }
  return {
    deny: (path) => void denied.set(toKey(path), new Uint8Array(8)),
    allow: (path) => void denied.delete(toKey(path)),
    denials() {
      const text = (key: Uint8Array) => Buffer.from(key).toString("utf8", 0, key.indexOf(0));
      const count = (value: Uint8Array) => new DataView(value.buffer, value.byteOffset).getBigUint64(0, true);
      return new Map([...denied].map(([key, value]) => [text(key), count(value)]));
    },
    get checked() {
      return object.variables.checked as bigint;
    },
    [Symbol.asyncDispose]: () => object[Symbol.asyncDispose](),
  };
}

function toKey(path: string): Uint8Array {
  const key = Buffer.alloc(PATH_SIZE);
  if (!path.startsWith("/") || Buffer.byteLength(path) >= PATH_SIZE) {
    throw new TypeError(`a path is absolute and shorter than ${PATH_SIZE} bytes: ${path}`);
  }
  key.write(path);
  return key;
}
