/** A kernel function's signature, as far as it decides whether a BPF trampoline can attach to the function. */

import type { TargetSignature } from "../verdict";
import type { Btf } from "./btf";
import { BtfKind } from "./btf-kinds";

const COMPOSITE: ReadonlySet<number> = new Set([BtfKind.STRUCT, BtfKind.UNION]);
const WORD = 8;

/**
 * The signature of the first function with this name, which is the one that libbpf finds; undefined if there is none.
 */
export function signatureOf(btf: Btf, name: string): TargetSignature | undefined {
  const id = btf.find(BtfKind.FUNC, name);
  if (id === undefined) return undefined;
  const prototype = btf.typeOrSize(id);
  const types = btf.members(prototype).map(({ type }) => btf.resolve(type));
  const variadic = types.at(-1) === 0;
  const given = variadic ? types.slice(0, -1) : types;
  const structs = given.map((type) => (COMPOSITE.has(btf.kind(type)) ? btf.typeOrSize(type) : 0));
  return {
    registers: structs.reduce((sum, size) => sum + Math.max(1, Math.ceil(size / WORD)), 0),
    arguments: given.length,
    struct: Math.max(0, ...structs),
    returnsStruct: COMPOSITE.has(btf.kind(btf.resolve(btf.typeOrSize(prototype)))),
    variadic,
  };
}
