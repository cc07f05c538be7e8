/**
 * Special fields in map values, which the kernel manages. Kernel: btf_get_field_type() and btf_find_kptr() in
 * kernel/bpf/btf.c.
 */
import type { Btf } from "./btf";
import { BtfKind } from "./btf-kinds";
import { type BtfType, resolved } from "./types";

const MANAGED: ReadonlySet<string> = new Set([
  "bpf_spin_lock",
  "bpf_res_spin_lock",
  "bpf_timer",
  "bpf_wq",
  "bpf_list_head",
  "bpf_rb_root",
  "bpf_refcount",
  "bpf_task_work",
]);

/** Type tags of pointers that only programs can set. "uptr" is not one of them: user space writes it. */
const KPTR: ReadonlySet<string> = new Set(["kptr", "kptr_ref", "kptr_untrusted", "percpu_kptr"]);

/** Whether the kernel manages a map value's field of this type: user space can neither read nor write it. */
export function isManaged(type: BtfType): boolean {
  const bare = resolved(type);
  if (bare.kind === "struct") return MANAGED.has(bare.name);
  if (bare.kind === "array") return isManaged(bare.element);
  return bare.kind === "ptr" && bare.target.kind === "type_tag" && KPTR.has(bare.target.name);
}

/**
 * Whether a value of this type is or contains a managed field, at any depth. Only for types with values: these do not
 * contain themselves.
 */
export function holdsManaged(type: BtfType): boolean {
  if (isManaged(type)) return true;
  const bare = resolved(type);
  if (bare.kind === "array") return holdsManaged(bare.element);
  return (bare.kind === "struct" || bare.kind === "union") && bare.members.some((member) => holdsManaged(member.type));
}

/** Whether there is any managed type. If not, no value holds one. */
export function hasManaged(btf: Btf): boolean {
  let found = false;
  btf.scan({ [BtfKind.STRUCT]: "bpf_", [BtfKind.TYPE_TAG]: "" }, (kind, name) => {
    found ||= (kind === BtfKind.STRUCT ? MANAGED : KPTR).has(name);
  });
  return found;
}

/** Names of the managed structs in values of a type, or in the variables of a datasec, at any depth. */
export function managedFields(btf: Btf, type: number): string[] {
  const found = new Set<string>();
  const seen = new Set<number>();
  const open = [type];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const id = btf.resolve(next);
    if (seen.has(id)) continue;
    seen.add(id);
    const kind = btf.kind(id);
    if (kind === BtfKind.ARRAY) open.push(btf.element(id));
    else if (kind === BtfKind.VAR) open.push(btf.typeOrSize(id));
    else if (kind === BtfKind.DATASEC) open.push(...btf.members(id).map((variable) => variable.type));
    else if (kind === BtfKind.STRUCT && MANAGED.has(btf.name(id))) found.add(btf.name(id));
    else if (kind === BtfKind.STRUCT) open.push(...btf.members(id).map((member) => member.type));
  }
  return [...found].sort();
}

/**
 * Those of {@link managedFields} that are direct members of the value, or variables. Before Linux 6.11 the kernel looks
 * no deeper.
 */
export function directFields(btf: Btf, type: number): string[] {
  const id = btf.resolve(type);
  const members = btf.members(id).map((member) => btf.resolve(member.type));
  const bare = members.map((member) =>
    btf.kind(member) === BtfKind.VAR ? btf.resolve(btf.typeOrSize(member)) : member,
  );
  const names = [id, ...bare].filter((one) => btf.kind(one) === BtfKind.STRUCT).map((one) => btf.name(one));
  return names.filter((name) => MANAGED.has(name));
}
