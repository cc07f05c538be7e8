/** Loads syscall-prog.bpf.c: a list of ports that is replaced as a whole. */
import { getSystemErrorName } from "node:util";
import { open } from "./syscall-prog.bpf";

export interface Ports extends AsyncDisposable {
  /** Replaces the list, with one system call. */
  replace(ports: readonly number[]): Promise<void>;
  /** The list in force: each port, and the number of the replacement that set it. */
  list(): Map<number, number>;
}

/** Needs Linux 5.14. */
export async function openPorts(): Promise<Ports> {
  const spec = open();
  const most = spec.variables.wanted.length;
  const object = await spec.load();
  const { current } = object.maps;
  let generation = 0;

  async function replace(ports: readonly number[]): Promise<void> {
    if (ports.length > most) throw new Error(`a list has at most ${most} ports, got ${ports.length}`);
    object.variables.wanted = Array.from({ length: most }, (_, index) => ports[index] ?? 0);
    const context = { current: current.fd, count: ports.length, generation: ++generation };
    const { returnValue } = await object.programs.replace.testRun({ context });
    if (returnValue !== 0) throw new Error(`the list was not replaced: ${getSystemErrorName(returnValue | 0)}`);
  }

  // One call after the other: the program reads `wanted` on another thread.
  let last = Promise.resolve();
  return {
    replace(ports) {
      const run = last.then(() => replace(ports));
      last = run.catch(() => {});
      return run;
    },
    list() {
      using inner = current.get(0);
      return new Map(inner);
    },
    [Symbol.asyncDispose]: () => object[Symbol.asyncDispose](),
  };
}
