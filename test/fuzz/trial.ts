/** The operations on a fuzzed object: everything that a user can do with a file before an attach. */
import { BpfError, type KernelFacts, kernelProfile, open, readBtf, type VariableValue } from "../../lib";
import { toC } from "../../lib/btf/c";
import { toJson } from "../../lib/btf/json";
import { generateModule } from "../../lib/gen/module";
import { renderTypes } from "../../lib/gen/typescript-types";

/** Larger maps test the kernel's memory, not the file. */
const MAX_MAP = 16 << 20;
/** A path that does not exist: pinning a map fails. */
const PIN_ROOT = "/sys/fs/bpf/node-libbpf-fuzz/none";

let known: KernelFacts | undefined;
/** The profile of a measured kernel, read once. */
function measured(): KernelFacts {
  known ??= kernelProfile("debian-6.12");
  return known;
}

/**
 * Opens, checks, generates, reads BTF; with `load` also loads it into the kernel, and closes it at once.
 *
 * @returns an error that is not the library's
 */
export function tryObject(bytes: Uint8Array, { load = false } = {}): string[] {
  const wrong: string[] = [];
  const attempt = <T>(what: string, action: () => T): T | undefined => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof BpfError)) wrong.push(`${what}: ${(error as Error)?.stack ?? error}`);
      return undefined;
    }
  };
  const btf = attempt("readBtf", () => readBtf(bytes));
  if (btf !== undefined) {
    attempt("btf dump as C", () => toC(btf));
    attempt("btf dump as JSON", () => Array.from(toJson(btf.types())));
    attempt("btf dump as TypeScript", () => renderTypes(Array.from(btf.types()).filter(({ name }) => name !== "")));
  }
  const spec = attempt("open", () => open(bytes, { name: "object", pinRoot: PIN_ROOT }));
  if (spec === undefined) return wrong;
  attempt("check", () => spec.check({ precheck: "tables" }));
  attempt("check for a profile", () => spec.check({ kernel: measured() }));
  const options = { fileName: "object.bpf.o", path: "object.bpf.o", module: "cjs" } as const;
  attempt("gen", () => generateModule(bytes, options));
  for (const name of Object.keys(spec.variables)) {
    const value = attempt("a variable", () => spec.variables[name]);
    if (value !== undefined)
      attempt("a variable's assignment", () => {
        spec.variables[name] = value as VariableValue;
      });
  }
  const maps = Object.values(spec.maps);
  const small = maps.every(({ keySize, valueSize, maxEntries }) => (keySize + valueSize) * maxEntries <= MAX_MAP);
  if (load && small) attempt("load", () => spec.loadSync({ precheck: "off" }).close());
  return wrong;
}
