/** The compiled test programs. */
import { join } from "node:path";

/** Path of test/bpf/NAME.bpf.o in dist/. */
export function objectPath(name: string): string {
  return join(__dirname, `${name}.bpf.o`);
}
