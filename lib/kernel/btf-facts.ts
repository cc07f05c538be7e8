/** Facts from the kernel's BTF: which hooks, iterators, tracepoints, functions and types it has. */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { VMLINUX, vmlinuxBtf } from "../btf/kernel-btf";
import { lazy } from "../lazy";
import { type Fact, factOf, isKnown, type Known } from "./fact";

/** Facts that are read from BTF. */
export interface BtfFacts {
  /** Size of the kernel's BTF in bytes. */
  btfSize: Fact<number>;
  /** LSM hooks: functions named bpf_lsm_*, without the prefix. Includes a few helper functions of the kernel. */
  lsmHooks: Fact<string[]>;
  /** Targets of iter programs. */
  iterators: Fact<string[]>;
  /** Tracepoints with BTF: targets of raw_tp and tp_btf programs. */
  tracepoints: Fact<string[]>;
  /** Functions of vmlinux: possible targets of fentry, fexit and fmod_ret programs. May contain duplicates. */
  functions: Fact<string[]>;
  /**
   * Structs that struct_ops programs can implement, each with its function members; empty list if the struct is not
   * registered.
   */
  structOps: Fact<Record<string, string[]>>;
  /** Program types in lower case, without BPF_PROG_TYPE_. */
  programTypes: Fact<string[]>;
  /** Map types in lower case, without BPF_MAP_TYPE_. */
  mapTypes: Fact<string[]>;
}

/** The facts. The value of each is read at first use: a list takes some milliseconds, its origin none. */
export function btfFacts(): { [Key in keyof BtfFacts]: () => BtfFacts[Key] } {
  const source: { btf: Fact<Btf> } = lazy({ btf: () => factOf(VMLINUX, vmlinuxBtf) });
  const fact = <T>(compute: (btf: Btf) => T): Fact<T> => {
    const { btf } = source;
    if (!isKnown(btf)) return btf;
    return lazy<Known<T>>({ value: () => compute(btf.value), origin: () => btf.origin });
  };
  return {
    btfSize: () => fact(({ size }) => size),
    lsmHooks: () => fact((btf) => names(btf, BtfKind.FUNC, LSM_HOOK)),
    iterators: () => fact(iterators),
    tracepoints: () => fact((btf) => names(btf, BtfKind.TYPEDEF, TRACEPOINT)),
    functions: () => fact(allFunctions),
    structOps: () => fact(structOps),
    programTypes: () => fact((btf) => enumerators(btf, "bpf_prog_type", "BPF_PROG_TYPE_")),
    mapTypes: () => fact((btf) => enumerators(btf, "bpf_map_type", "BPF_MAP_TYPE_")),
  };
}

const LSM_HOOK = "bpf_lsm_";
const TRACEPOINT = "btf_trace_";

/** How the types of the running kernel tell whether a list has a name, which is quicker than the list. */
const LOOKUPS: Partial<Record<keyof BtfFacts, (btf: Btf, name: string) => boolean>> = {
  lsmHooks: (btf, name) => btf.find(BtfKind.FUNC, LSM_HOOK + name) !== undefined,
  tracepoints: (btf, name) => btf.find(BtfKind.TYPEDEF, TRACEPOINT + name) !== undefined,
  functions: (btf, name) => btf.find(BtfKind.FUNC, name) !== undefined,
};

/** Whether a list of the running kernel has a name; undefined if only the list tells. */
export function runningLists(listing: string, name: string): boolean | undefined {
  const lookUp = LOOKUPS[listing as keyof BtfFacts];
  const btf = lookUp && factOf(VMLINUX, vmlinuxBtf);
  return lookUp && btf && isKnown(btf) ? lookUp(btf.value, name) : undefined;
}

/** May contain duplicates: 6.1 has 156 system calls together with their weak stubs. */
function allFunctions(btf: Btf): string[] {
  const names: string[] = [];
  btf.scan({ [BtfKind.FUNC]: "" }, (_, name) => names.push(name));
  return names;
}

/** What follows a prefix in the names of the types of a kind, each once. */
function names(btf: Btf, kind: number, prefix: string): string[] {
  const found = new Set<string>();
  btf.scan({ [kind]: prefix }, (_, name) => found.add(name.slice(prefix.length)));
  return [...found].sort();
}

/** A target has a function and a context struct: DEFINE_BPF_ITER_FUNC in include/linux/bpf.h, struct bpf_iter__NAME. */
function iterators(btf: Btf): string[] {
  const contexts = new Set(names(btf, BtfKind.STRUCT, "bpf_iter__"));
  return names(btf, BtfKind.FUNC, "bpf_iter_").filter((name) => contexts.has(name));
}

const STRUCT_OPS = "bpf_struct_ops_";

/** The kernel wraps each struct X in a struct bpf_struct_ops_X, as its last member. */
function structOps(btf: Btf): Record<string, string[]> {
  const structs = new Map<string, number>();
  btf.scan({ [BtfKind.STRUCT]: STRUCT_OPS }, (_, name, id) => structs.set(name.slice(STRUCT_OPS.length), id));
  const entries = [...structs.keys()].sort().flatMap((name) => {
    const wrapped = btf.members(structs.get(name) ?? 0).find((member) => member.name === "data");
    const struct = btf.resolve(wrapped?.type ?? 0);
    if (btf.kind(struct) !== BtfKind.STRUCT || btf.name(struct) !== name) return [];
    const isFunction = (type: number) => {
      const pointer = btf.resolve(type);
      return btf.kind(pointer) === BtfKind.PTR && btf.kind(btf.resolve(btf.typeOrSize(pointer))) === BtfKind.FUNC_PROTO;
    };
    const all = btf.members(struct);
    // Without CONFIG_MODULES a struct with an owner member is not registered (bpf_struct_ops_desc_init() in
    // kernel/bpf/bpf_struct_ops.c).
    const owner = all.find((member) => member.name === "owner");
    const module = owner === undefined ? undefined : btf.kind(btf.resolve(btf.typeOrSize(btf.resolve(owner.type))));
    const members = module === BtfKind.FWD ? [] : all.filter((member) => isFunction(member.type));
    return [[name, members.map((member) => member.name)] as const];
  });
  return Object.fromEntries(entries);
}

function enumerators(btf: Btf, name: string, prefix: string): string[] {
  const id = btf.find(BtfKind.ENUM, name);
  if (id === undefined) throw new Error(`no enum with ${prefix}*`);
  return btf
    .members(id)
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length).toLowerCase());
}
