/** Loads exec-guard.bpf.c; paths can be denied and allowed again while it runs. */
import { open } from "./exec-guard.bpf";

/** Size of a path in the map, in bytes, with its NUL. */
const PATH_SIZE = 256;

export interface Guard extends AsyncDisposable {
  /** Denies the execution of a file, by its absolute path as the kernel resolves it (without symbolic links). */
  deny(path: string): void;
  allow(path: string): void;
  /** The paths of the list, and the number of denied execs of each. */
  denials(): Map<string, bigint>;
  /** Number of checked execs. */
  readonly checked: bigint;
}

/** Needs Linux 5.11: since then programs at this hook may sleep. */
export async function guardExecs(): Promise<Guard> {
  const object = await open().load();
  const { denied } = object.maps;
  try {
    for (const program of Object.values(object.programs)) program.attach();
  } catch (error) {
    object.close();
    throw error;
  }
  return {
    deny: (path) => void denied.set(checked(path), 0n),
    allow: (path) => void denied.delete(checked(path)),
    denials: () => new Map(denied),
    get checked() {
      return object.variables.checked;
    },
    [Symbol.asyncDispose]: () => object[Symbol.asyncDispose](),
  };
}

function checked(path: string): string {
  if (path.startsWith("/") && Buffer.byteLength(path) < PATH_SIZE) return path;
  throw new Error(`expected an absolute path shorter than ${PATH_SIZE} bytes, got ${path}`);
}
