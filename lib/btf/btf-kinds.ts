/** BTF kinds, numbered as in include/uapi/linux/btf.h. */

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

/**
 * Maximum nesting depth of types. The kernel allows 32 (MAX_RESOLVE_DEPTH in kernel/bpf/btf.c), but its own BTF is
 * deeper.
 */
export const MAX_DEPTH = 512;
