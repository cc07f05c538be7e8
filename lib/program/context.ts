/** The type of a program's context: what its function takes a pointer to. */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { type BtfType, resolved } from "../btf/types";
import { type Codec, codecOf } from "../codec/codec";
import type { U64 } from "../codec/plan";

/**
 * The codec of the struct that a program takes a pointer to; undefined if it takes anything else, or the struct has no
 * fixed size: `struct bpf_raw_tracepoint_args` is as long as the tracepoint has arguments.
 */
export function contextCodec(btf: Btf, program: string, u64: U64): Codec<unknown> | undefined {
  const id = btf.find(BtfKind.FUNC, program);
  const type = id === undefined ? undefined : contextType(btf.type(id));
  return type && codecOf(type, { path: `program ${program}: the context`, u64 });
}

/** The struct that a function takes a pointer to, as its only parameter. */
export function contextType(program: BtfType): BtfType | undefined {
  const prototype = program.kind === "func" ? program.prototype : program;
  if (prototype.kind !== "func_proto") return undefined;
  const [context, ...others] = prototype.parameters;
  const pointer = context === undefined || others.length > 0 ? undefined : resolved(context.type);
  const struct = pointer?.kind === "ptr" ? resolved(pointer.target) : undefined;
  return struct?.kind === "struct" && struct.size > 0 ? struct : undefined;
}
