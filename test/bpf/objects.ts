/** The compiled test programs. */
import { join } from "node:path";
import { type ObjectSpec, open } from "node-libbpf";

/** Path of test/bpf/NAME.bpf.o in dist/. */
export function objectPath(name: string): string {
  return join(__dirname, `${name}.bpf.o`);
}

/** Opens an object with only the named programs to be loaded. */
export function openOnly(name: string, ...programs: readonly string[]): ObjectSpec {
  const spec = open(objectPath(name));
  for (const program of Object.values(spec.programs)) program.autoload = programs.includes(program.name);
  return spec;
}
