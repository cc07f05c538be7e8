/** Resolves CO-RE relocations against kernel types as libbpf does (bpf_core_calc_relo_insn() in relo_core.c). */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { withoutFlavor } from "../btf/search";
import type { BtfMember } from "../btf/type-records";
import { CoreKind, type CoreRelocation } from "./core-relocations";

/**
 * The value of a relocation. "none": no matching type or field, so that libbpf poisons the instruction. Undefined: not
 * known here.
 */
export type CoreValue = bigint | "none" | undefined;

const COMPOSITE: ReadonlySet<number> = new Set([BtfKind.STRUCT, BtfKind.UNION]);
const ENUMS: ReadonlySet<number> = new Set([BtfKind.ENUM, BtfKind.ENUM64]);
const NAMED: ReadonlySet<number> = new Set([...ENUMS, BtfKind.FWD]);
const POINTER = 8n;
/** Maximum nesting depth of types (bpf_core_types_are_compat()). */
const DEPTH = 32;

/** A matching field. */
interface Field {
  type: number;
  /** Whether it is a bit-field, whose relocations need more than its type. */
  bits: boolean;
}

/**
 * Resolves the relocations of an object against the kernel's BTF, and against its modules' where the kernel has no
 * match.
 */
export class CoreResolver {
  readonly #own: Btf;
  /** The kernel's BTF, then that of its modules. */
  readonly #kernels: () => Iterable<Btf>;
  readonly #values = new Map<CoreRelocation, CoreValue>();
  readonly #candidates = new Map<string, [Btf, number][]>();
  readonly #likeness = new Map<string, boolean | undefined>();

  constructor(own: Btf, kernels: () => Iterable<Btf>) {
    this.#own = own;
    this.#kernels = kernels;
  }

  value(relocation: CoreRelocation): CoreValue {
    if (!this.#values.has(relocation)) this.#values.set(relocation, this.#find(relocation));
    return this.#values.get(relocation);
  }

  /**
   * Whether the first kernel function of this name has the object's prototype; undefined if the kernel has no such
   * function.
   */
  isLike(name: string, prototype: number): boolean | undefined {
    const key = `${prototype} ${name}`;
    if (!this.#likeness.has(key)) this.#likeness.set(key, this.#isLike(name, prototype));
    return this.#likeness.get(key);
  }

  #isLike(name: string, prototype: number): boolean | undefined {
    for (const btf of this.#kernels()) {
      const id = btf.find(BtfKind.FUNC, name);
      if (id !== undefined) return this.#isCompatible(prototype, btf, btf.typeOrSize(id));
    }
    return undefined;
  }

  /** The C name of the target: "struct task_struct.comm". */
  describe({ type, path, kind }: CoreRelocation): string {
    const own = this.#own;
    if (kind === CoreKind.ENUMVAL_VALUE)
      return own.enumerators(own.resolve(type))[path[0] ?? 0]?.name ?? "an enumerator";
    const names = [own.name(type) || own.name(own.resolve(type)) || "a type"];
    let id = own.resolve(type);
    for (const index of path.slice(1)) {
      const member = COMPOSITE.has(own.kind(id)) ? own.member(id, index) : undefined;
      if (member !== undefined && member.name !== "") names.push(member.name);
      id = own.resolve(member?.type ?? own.element(id));
    }
    return names.join(".");
  }

  #find({ kind, type, path }: CoreRelocation): CoreValue {
    const candidates = this.#candidatesOf(type);
    switch (kind) {
      case CoreKind.TYPE_EXISTS:
        return BigInt(candidates.some(([btf, id]) => this.#isCompatible(type, btf, id)));
      case CoreKind.TYPE_SIZE: {
        const found = candidates.filter(([btf, id]) => this.#isCompatible(type, btf, id));
        // 0 if no type matches; that is not an error (bpf_core_calc_type_relo()).
        return found.length === 0 ? 0n : agreed(found.map(([btf, id]) => sizeOf(btf, id)));
      }
      case CoreKind.ENUMVAL_EXISTS:
      case CoreKind.ENUMVAL_VALUE: {
        const values = candidates.flatMap(([btf, id]) => this.#enumerator(type, path[0] ?? 0, btf, id));
        return kind === CoreKind.ENUMVAL_EXISTS ? BigInt(values.length > 0) : agreed(values);
      }
      case CoreKind.FIELD_EXISTS:
      case CoreKind.FIELD_BYTE_SIZE:
      case CoreKind.FIELD_BYTE_OFFSET: {
        const fields = candidates.flatMap(([btf, id]) => {
          const field = this.#field(type, path, btf, id);
          return field === undefined ? [] : [[btf, field] as const];
        });
        if (kind === CoreKind.FIELD_EXISTS) return BigInt(fields.length > 0);
        if (fields.length === 0) return "none";
        if (kind === CoreKind.FIELD_BYTE_OFFSET) return undefined;
        return agreed(fields.map(([btf, { type, bits }]) => (bits ? undefined : sizeOf(btf, type))));
      }
      default:
        return undefined;
    }
  }

  /** Kernel types of the same kind and name, ignoring flavors; those of modules if the kernel has none. */
  #candidatesOf(type: number): [Btf, number][] {
    const kind = this.#own.kind(type);
    const name = withoutFlavor(this.#own.name(type));
    const key = `${kind} ${name}`;
    const known = this.#candidates.get(key);
    if (known !== undefined) return known;
    const kinds = ENUMS.has(kind) ? [...ENUMS] : [kind];
    const found: [Btf, number][] = [];
    if (name !== "")
      for (const btf of this.#kernels()) {
        found.push(...btf.named(kinds, name).map((id): [Btf, number] => [btf, id]));
        if (found.length > 0 && btf.base === undefined) break;
      }
    this.#candidates.set(key, found);
    return found;
  }

  #enumerator(type: number, index: number, btf: Btf, id: number): bigint[] {
    const wanted = withoutFlavor(this.#own.enumerators(this.#own.resolve(type))[index]?.name ?? "");
    const found = btf.enumerators(id).find(({ name }) => withoutFlavor(name) === wanted);
    if (found === undefined) return [];
    const { low, high } = found;
    if (btf.kind(id) === BtfKind.ENUM64) return [(BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)];
    return [btf.kindFlag(id) ? BigInt.asUintN(64, BigInt(low | 0)) : BigInt(low >>> 0)];
  }

  /** bpf_core_spec_match() */
  #field(type: number, path: readonly number[], btf: Btf, id: number): Field | undefined {
    let own = this.#own.resolve(type);
    let found: Field = { type: btf.resolve(id), bits: false };
    // The first index applies to the pointer itself, as to an array.
    for (const index of path.slice(1)) {
      if (COMPOSITE.has(this.#own.kind(own))) {
        const member = this.#own.member(own, index);
        if (member === undefined) return undefined;
        own = this.#own.resolve(member.type);
        // Members of an unnamed member are matched by their own names.
        if (member.name === "") continue;
        const other = this.#member(member, btf, found.type);
        if (other === undefined) return undefined;
        found = { type: btf.resolve(other.type), bits: other.size > 0 };
      } else {
        if (btf.kind(found.type) !== BtfKind.ARRAY || this.#own.kind(own) !== BtfKind.ARRAY) return undefined;
        const { length } = btf.array(found.type);
        if (length > 0 && index >= length) return undefined;
        own = this.#own.resolve(this.#own.element(own));
        found = { type: btf.resolve(btf.element(found.type)), bits: false };
      }
    }
    return found;
  }

  /** bpf_core_match_member(): finds a member by name in a struct and its unnamed members. */
  #member(wanted: BtfMember, btf: Btf, id: number, depth = 0): BtfMember | undefined {
    if (!COMPOSITE.has(btf.kind(id)) || depth > DEPTH) return undefined;
    for (let index = 0; ; index++) {
      const member = btf.member(id, index);
      if (member === undefined) return undefined;
      if (member.name === "") {
        const within = this.#member(wanted, btf, btf.resolve(member.type), depth + 1);
        if (within !== undefined) return within;
      } else if (member.name === wanted.name) {
        return this.#areFieldsCompatible(wanted.type, btf, member.type) ? member : undefined;
      }
    }
  }

  /** bpf_core_fields_are_compat() */
  #areFieldsCompatible(ownId: number, btf: Btf, otherId: number): boolean {
    const [own, other] = [this.#own.resolve(ownId), btf.resolve(otherId)];
    const kind = this.#own.kind(own);
    if (COMPOSITE.has(kind) && COMPOSITE.has(btf.kind(other))) return true;
    if (!isSameKind(kind, btf.kind(other))) return false;
    if (NAMED.has(kind)) {
      const [one, another] = [withoutFlavor(this.#own.name(own)), withoutFlavor(btf.name(other))];
      return one === "" || another === "" || one === another;
    }
    if (kind === BtfKind.ARRAY) return this.#areFieldsCompatible(this.#own.element(own), btf, btf.element(other));
    return kind === BtfKind.INT || kind === BtfKind.PTR || kind === BtfKind.FLOAT;
  }

  /** bpf_core_types_are_compat() */
  #isCompatible(ownId: number, btf: Btf, otherId: number, depth = 0): boolean {
    if (depth > DEPTH) return false;
    if (depth === 0 && !isSameKind(this.#own.kind(ownId), btf.kind(otherId))) return false;
    const [own, other] = [this.#own.resolve(ownId), btf.resolve(otherId)];
    const kind = this.#own.kind(own);
    if (!isSameKind(kind, btf.kind(other))) return false;
    if (kind === BtfKind.PTR)
      return this.#isCompatible(this.#own.typeOrSize(own), btf, btf.typeOrSize(other), depth + 1);
    if (kind === BtfKind.ARRAY) return this.#isCompatible(this.#own.element(own), btf, btf.element(other), depth + 1);
    if (kind !== BtfKind.FUNC_PROTO) return true;
    const [ours, theirs] = [this.#own.members(own), btf.members(other)];
    return (
      ours.length === theirs.length &&
      ours.every(({ type }, index) => this.#isCompatible(type, btf, theirs[index]?.type ?? 0, depth + 1)) &&
      this.#isCompatible(this.#own.typeOrSize(own), btf, btf.typeOrSize(other), depth + 1)
    );
  }
}

const isSameKind = (one: number, other: number) => one === other || (ENUMS.has(one) && ENUMS.has(other));

/** libbpf fails if candidates disagree. */
function agreed(values: readonly (bigint | undefined)[]): CoreValue {
  if (values.length === 0) return "none";
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

function sizeOf(btf: Btf, id: number): bigint | undefined {
  const type = btf.resolve(id);
  const kind = btf.kind(type);
  if (kind === BtfKind.PTR) return POINTER;
  if (kind === BtfKind.ARRAY) {
    const element = sizeOf(btf, btf.element(type));
    return element === undefined ? undefined : element * BigInt(btf.array(type).length);
  }
  const sized = COMPOSITE.has(kind) || ENUMS.has(kind) || kind === BtfKind.INT || kind === BtfKind.FLOAT;
  return sized ? BigInt(btf.typeOrSize(type)) : undefined;
}
