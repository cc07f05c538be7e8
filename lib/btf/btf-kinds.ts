/** BTF kinds, as include/uapi/linux/btf.h numbers them. */

/** enum BTF_KIND_*. */
export const BtfKind = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

/** How deep types may lie in one another; the kernel takes 32 (MAX_RESOLVE_DEPTH in kernel/bpf/btf.c), its own BTF has more. */
export const MAX_DEPTH = 512;
