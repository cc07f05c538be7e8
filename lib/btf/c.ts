/** Types as C, by libbpf's btf_dump, which brings declarations into an order that a compiler takes. */
import { errnoName, ObjectError } from "../errors";
import { native } from "../native";
import type { Btf } from "./btf";
import type { BtfType } from "./types";
import { whole } from "./whole";

/**
 * A header with the types and those that they need; what is only pointed to is declared. Accesses are relocated by CO-RE,
 * unless BPF_NO_PRESERVE_ACCESS_INDEX is defined, as in bpftool's headers.
 *
 * @param types all, if left out: a vmlinux.h, which says so (libbpf's bpf_tracing.h looks for __VMLINUX_H__)
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
  const ids =
    types?.map(({ id }) => id) ?? Array.from({ length: btf.end - btf.first }, (_, index) => btf.first + index);
  const text = native.btfDumpC(whole(btf), Uint32Array.from(ids));
  if (typeof text === "number") return fail(`libbpf refuses it (${errnoName(text)})`);
  const [before, after] =
    types === undefined ? ["#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n", "\n#endif\n"] : ["#pragma once\n", ""];
  return Buffer.concat([Buffer.from(`${before}${RELOCATED}`), text, Buffer.from(`${END_RELOCATED}${after}`)]);
}

const RELOCATED = `
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;

const END_RELOCATED = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif
`;
