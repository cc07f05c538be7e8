/** Facts from the kernel's BTF: which hooks, iterators, tracepoints, functions and types it has. */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { VMLINUX, vmlinuxBtf } from "../btf/kernel-btf";
import { lazy } from "../lazy";
import { type Fact, factOf, mapFact } from "./fact";

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

/** Everything that is found by name prefix: all but the functions, some 50,000. */
interface Found {
  functions: string[];
  tracepoints: string[];
  structs: Map<string, number>;
  enums: Map<string, number>;
}

/** The facts, each read at first use. */
export function btfFacts(): { [Key in keyof BtfFacts]: () => BtfFacts[Key] } {
  const source: { btf: Fact<Btf>; found: Fact<Found> } = lazy({
    btf: () => factOf(VMLINUX, vmlinuxBtf),
    found: () => mapFact(source.btf, scan),
  });
  const fact = <T>(compute: (found: Found, btf: Btf) => T): Fact<T> =>
    mapFact(source.found, (found) => compute(found, vmlinuxBtf()));
  return {
    btfSize: () => mapFact(source.btf, ({ size }) => size),
    lsmHooks: () => fact(({ functions }) => withPrefix(functions, "bpf_lsm_")),
    iterators: () => fact(({ functions, structs }) => iterators(functions, structs)),
    tracepoints: () => fact(({ tracepoints }) => tracepoints.sort()),
    functions: () => mapFact(source.btf, allFunctions),
    structOps: () => fact(({ structs }, btf) => structOps(btf, structs)),
    programTypes: () => fact(({ enums }, btf) => enumerators(btf, enums.get("bpf_prog_type"), "BPF_PROG_TYPE_")),
    mapTypes: () => fact(({ enums }, btf) => enumerators(btf, enums.get("bpf_map_type"), "BPF_MAP_TYPE_")),
  };
}

function scan(btf: Btf): Found {
  const functions: string[] = [];
  const tracepoints: string[] = [];
  const structs = new Map<string, number>();
  const enums = new Map<string, number>();
  const prefixes = {
    [BtfKind.FUNC]: "bpf_",
    [BtfKind.TYPEDEF]: "btf_trace_",
    [BtfKind.STRUCT]: "bpf_",
    [BtfKind.ENUM]: "bpf_",
  };
  btf.scan(prefixes, (kind, name, id) => {
    if (kind === BtfKind.FUNC) functions.push(name);
    else if (kind === BtfKind.TYPEDEF) tracepoints.push(name.slice("btf_trace_".length));
    else if (kind === BtfKind.STRUCT) structs.set(name, id);
    else enums.set(name, id);
  });
  return { functions, tracepoints, structs, enums };
}

/** May contain duplicates: 6.1 has 156 system calls together with their weak stubs. */
function allFunctions(btf: Btf): string[] {
  const names: string[] = [];
  btf.scan({ [BtfKind.FUNC]: "" }, (_, name) => names.push(name));
  return names;
}

function withPrefix(names: Iterable<string>, prefix: string): string[] {
  const found = Array.from(names).filter((name) => name.startsWith(prefix));
  return [...new Set(found)].map((name) => name.slice(prefix.length)).sort();
}

/** A target has a function and a context struct: DEFINE_BPF_ITER_FUNC in include/linux/bpf.h, struct bpf_iter__NAME. */
function iterators(functions: readonly string[], structs: ReadonlyMap<string, number>): string[] {
  const contexts = new Set(withPrefix(structs.keys(), "bpf_iter__"));
  return withPrefix(functions, "bpf_iter_").filter((name) => contexts.has(name));
}

/** The kernel wraps each struct X in a struct bpf_struct_ops_X, as its last member. */
function structOps(btf: Btf, structs: ReadonlyMap<string, number>): Record<string, string[]> {
  const entries = withPrefix(structs.keys(), "bpf_struct_ops_").flatMap((name) => {
    const wrapped = btf.members(structs.get(`bpf_struct_ops_${name}`) ?? 0).find((member) => member.name === "data");
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

function enumerators(btf: Btf, id: number | undefined, prefix: string): string[] {
  if (id === undefined) throw new Error(`no enum with ${prefix}*`);
  return btf
    .members(id)
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length).toLowerCase());
}
