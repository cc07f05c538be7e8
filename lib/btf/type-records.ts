/** Access to BTF type records by id. Class Btf implements these interfaces; the type graph is built on them. */

/** A member of a struct or union, a variable of a datasec, a parameter, or an enumerator. */
export interface BtfMember {
  name: string;
  /** The id of its type, or an enumerator's value. */
  type: number;
  /** In bits for struct members, in bytes for variables of a datasec. */
  offset: number;
  /** Bits of a bit-field, else 0; bytes of a variable. */
  size: number;
}

/** Read access to type records by id. */
export interface TypeRecords {
  /** BTF_KIND_*; 0 for void. */
  kind(id: number): number;
  /** "" for an unnamed type. */
  name(id: number): string;
  /** The type that this one refers to, or its size in bytes. */
  typeOrSize(id: number): number;
  /** The top bit of btf_type.info. */
  kindFlag(id: number): boolean;
  /** The first word after struct btf_type. */
  extra(id: number): number;
  /** The lower half of btf_type.info. */
  vlen(id: number): number;
  element(id: number): number;
  array(id: number): { index: number; length: number };
  enumerators(id: number): { name: string; low: number; high: number }[];
  members(id: number): BtfMember[];
}
