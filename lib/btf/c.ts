/** Writes types as C declarations with libbpf's btf_dump, which orders them so that they compile. */
import { errnoName, ObjectError } from "../errors";
import { native } from "../native";
import type { Btf } from "./btf";
import { BtfKind } from "./btf-kinds";
import type { BtfType } from "./types";
import { whole } from "./whole";

/**
 * A C header with the given types and the types they depend on. Types used only through pointers are forward-declared.
 * CO-RE relocates member accesses, unless BPF_NO_PRESERVE_ACCESS_INDEX is defined, as in bpftool's headers.
 *
 * @param types all types if omitted. The result is then a vmlinux.h: it defines __VMLINUX_H__, which libbpf's
 *   bpf_tracing.h checks, and declares the kernel's kfuncs unless BPF_NO_KFUNC_PROTOTYPES is defined, as bpftool's does
 * @throws {@link ObjectError} if the BTF is damaged
 */
export function toC(btf: Btf, types?: readonly BtfType[]): Uint8Array {
  const fail = (what: string): never => {
    throw new ObjectError("ERR_BPF_OBJECT_INVALID", `${btf.label} can't be written as C: ${what}`, {
      operation: "btf",
    });
  };
  const fault = btf.base?.fault() ?? btf.fault();
  if (fault !== undefined) fail(fault.what);
  const name = nameBeyondC(btf) ?? (btf.base && nameBeyondC(btf.base));
  if (name !== undefined) fail(`its name ${JSON.stringify(name)} is not safe in C source`);
  const ids =
    types?.map(({ id }) => id) ?? Array.from({ length: btf.end - btf.first }, (_, index) => btf.first + index);
  const kfuncs = types === undefined ? kfuncsOf(btf) : [];
  const text = native.btfDumpC({
    bytes: whole(btf),
    types: Uint32Array.from(ids),
    functions: Uint32Array.from(kfuncs),
  });
  if (typeof text === "number") return fail(`libbpf rejects it (${errnoName(text)})`);
  const [before, after] =
    types === undefined
      ? [`#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n${kfuncs.length > 0 ? WORDS : ""}`, "\n#endif\n"]
      : ["#pragma once\n", ""];
  return Buffer.concat([Buffer.from(`${before}${RELOCATED}`), text, Buffer.from(`${END_RELOCATED}${after}`)]);
}

/**
 * The kfuncs that pahole tagged (pahole 1.26, Linux 6.10 or later), one for each name. For a module, its own kfuncs
 * only.
 */
function kfuncsOf(btf: Btf): number[] {
  const found = new Map<string, number>();
  for (let id = btf.first; id < btf.end; id++) {
    if (btf.kind(id) !== BtfKind.DECL_TAG || btf.name(id) !== "bpf_kfunc" || btf.extra(id) !== ITSELF) continue;
    const target = btf.typeOrSize(id);
    const name = btf.name(target);
    // A function whose name is not a C identifier can't be called.
    const isCallable = btf.kind(target) === BtfKind.FUNC && /^[A-Za-z_]\w*$/.test(name);
    if (target >= btf.first && isCallable && !found.has(name)) found.set(name, target);
  }
  return [...found.values()];
}

/** The component of a tag that applies to the declaration itself, not to a parameter: -1. */
const ITSELF = 0xffffffff;

/** Words of each member, parameter or enumerator. The first word is a name. */
const NAMED: Partial<Record<number, number>> = {
  [BtfKind.STRUCT]: 3,
  [BtfKind.UNION]: 3,
  [BtfKind.ENUM]: 2,
  [BtfKind.ENUM64]: 3,
  [BtfKind.FUNC_PROTO]: 2,
};

/** Kinds that btf_dump writes no C for. Their names may contain dots and brackets. */
const UNWRITTEN: ReadonlySet<number> = new Set([BtfKind.FUNC, BtfKind.VAR, BtfKind.DATASEC, BtfKind.DECL_TAG]);

/** A valid type tag: quoted text, or an attribute such as "user" or "address_space(1)". */
const TAG = /^[\w ():.,=-]*$/;

/**
 * Characters that would end a name in C source. Names of other languages, which merely fail to compile, are accepted.
 */
const BEYOND = /[\p{Cc}\u2028\u2029"'\\;{}()#/*]/u;

/** The first name that would break out of its place in C source: libbpf writes names unescaped. */
function nameBeyondC(btf: Btf): string | undefined {
  const offsets = new Set<number>();
  for (let id = btf.first; id < btf.end; id++) {
    const kind = btf.kind(id);
    if (UNWRITTEN.has(kind)) continue;
    if (kind === BtfKind.TYPE_TAG) {
      if (!TAG.test(btf.name(id))) return btf.name(id);
      continue;
    }
    offsets.add(btf.word(id, 0));
    const each = NAMED[kind];
    if (each !== undefined) for (let i = 0; i < btf.vlen(id); i++) offsets.add(btf.word(id, 3 + i * each));
  }
  for (const offset of offsets) {
    const name = btf.string(offset);
    if (BEYOND.test(name)) return name;
  }
  return undefined;
}

/** As in libbpf's bpf_helpers.h, which may be included before or after this header. */
const WORDS = `
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
`;

const RELOCATED = `
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;

const END_RELOCATED = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif
`;
