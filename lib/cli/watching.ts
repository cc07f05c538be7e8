/** --watch: reports rebuilt files and errors until SIGINT. */
import { type Task, watchTasks } from "../build/watch";
import { BpfError } from "../errors";
import { printable } from "./table";

/** A task with inputs. */
export interface Work {
  /** Runs the task. May throw. */
  run(): { outputs: readonly string[]; inputs: readonly string[] };
  /** The inputs known before the first run. */
  inputs: readonly string[];
}

export async function watching(works: readonly Work[]): Promise<void> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  await watchTasks(works.map(taskOf), stop.signal);
}

function taskOf({ run, inputs }: Work): Task {
  let known = inputs;
  return {
    run() {
      try {
        const { outputs, inputs } = run();
        known = inputs;
        if (outputs.length > 0) process.stdout.write(`wrote ${outputs.map(printable).join(", ")}\n`);
      } catch (error) {
        if (!(error instanceof BpfError)) throw error;
        process.stderr.write(`node-libbpf: ${printable(error.message)}\n`);
      }
      return known;
    },
  };
}
