/** The compiled test programs. */
import { join } from "node:path";
import { type ObjectShape, type ObjectSpec, open, type ProgramSpec } from "node-libbpf";

/** Path of test/bpf/NAME.bpf.o in dist/. */
export function objectPath(name: string): string {
  return join(__dirname, `${name}.bpf.o`);
}

/** Sets autoload of only the named programs. */
export function only<S extends ObjectShape>(
  spec: ObjectSpec<S>,
  ...programs: readonly (keyof S["programs"] & string)[]
): ObjectSpec<S> {
  const names: readonly string[] = programs;
  for (const program of Object.values<ProgramSpec>(spec.programs)) program.autoload = names.includes(program.name);
  return spec;
}

/** Opens an object by name, with autoload of only the named programs. For tests that only judge programs. */
export function openOnly(name: string, ...programs: readonly string[]): ObjectSpec {
  return only(open(objectPath(name)), ...programs);
}
