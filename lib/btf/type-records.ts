/** The records of BTF types, by id: the type graph is made of them. Class Btf implements these interfaces. */

/** A member of a struct or union, a variable of a section, a parameter, or an enumerator. */
export interface BtfMember {
  name: string;
  /** The id of its type; an enumerator's value. */
  type: number;
  /** In bits, for members of structs; in bytes, for variables of a section. */
  offset: number;
  /** A bit-field's bits, else 0; a variable's bytes. */
  size: number;
}

/** What the type graph is made of. */
export interface TypeRecords {
  /** BTF_KIND_*; 0 for void. */
  kind(id: number): number;
  /** "" for a type without a name. */
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
