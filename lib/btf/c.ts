/** Types as C, by libbpf's btf_dump, which brings declarations into an order that a compiler takes. */
import { errnoName, ObjectError } from "../errors";
import { native } from "../native";
import type { Btf } from "./btf";
import { BtfKind } from "./btf-kinds";
import type { BtfType } from "./types";
import { whole } from "./whole";

/**
 * A header with the types and those that they need; what is only pointed to is declared. Accesses are relocated by CO-RE,
 * unless BPF_NO_PRESERVE_ACCESS_INDEX is defined, as in bpftool's headers.
 *
 * @param types all, if left out: a vmlinux.h, which says so (libbpf's bpf_tracing.h looks for __VMLINUX_H__). It declares the
 *   kernel's functions for BPF programs too, unless BPF_NO_KFUNC_PROTOTYPES is defined, as bpftool's does
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
  if (name !== undefined) fail(`it has the name ${JSON.stringify(name)}, which would be more than a name there`);
  const ids =
    types?.map(({ id }) => id) ?? Array.from({ length: btf.end - btf.first }, (_, index) => btf.first + index);
  const kfuncs = types === undefined ? kfuncsOf(btf) : [];
  const text = native.btfDumpC({
    bytes: whole(btf),
    types: Uint32Array.from(ids),
    functions: Uint32Array.from(kfuncs),
  });
  if (typeof text === "number") return fail(`libbpf refuses it (${errnoName(text)})`);
  const [before, after] =
    types === undefined
      ? [`#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n${kfuncs.length > 0 ? WORDS : ""}`, "\n#endif\n"]
      : ["#pragma once\n", ""];
  return Buffer.concat([Buffer.from(`${before}${RELOCATED}`), text, Buffer.from(`${END_RELOCATED}${after}`)]);
}

/** The functions that pahole has tagged (1.26, for Linux 6.10 and later), one of each name; of a module its own. */
function kfuncsOf(btf: Btf): number[] {
  const found = new Map<string, number>();
  for (let id = btf.first; id < btf.end; id++) {
    if (btf.kind(id) !== BtfKind.DECL_TAG || btf.name(id) !== "bpf_kfunc" || btf.extra(id) !== ITSELF) continue;
    const target = btf.typeOrSize(id);
    const name = btf.name(target);
    // A name that is none in C can't be called.
    const isCallable = btf.kind(target) === BtfKind.FUNC && /^[A-Za-z_]\w*$/.test(name);
    if (target >= btf.first && isCallable && !found.has(name)) found.set(name, target);
  }
  return [...found.values()];
}

/** The component of a tag that is not on a parameter: -1. */
const ITSELF = 0xffffffff;

/** Words of each member, parameter or enumerator, of which the first is a name. */
const NAMED: Partial<Record<number, number>> = {
  [BtfKind.STRUCT]: 3,
  [BtfKind.UNION]: 3,
  [BtfKind.ENUM]: 2,
  [BtfKind.ENUM64]: 3,
  [BtfKind.FUNC_PROTO]: 2,
};

/** Kinds that no C is written of: their names may have dots and brackets. */
const UNWRITTEN: ReadonlySet<number> = new Set([BtfKind.FUNC, BtfKind.VAR, BtfKind.DATASEC, BtfKind.DECL_TAG]);

/** A type tag is text in quotes, or an attribute: "user", "address_space(1)". */
const TAG = /^[\w ():.,=-]*$/;

/** What ends a name in C. Names of other languages, that only fail to compile, may pass. */
const BEYOND = /[\p{Cc}\u2028\u2029"'\\;{}()#/*]/u;

/** A name that C could take for something else: libbpf writes names as they are. */
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

/** As in libbpf's bpf_helpers.h, which may be included before or behind. */
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
