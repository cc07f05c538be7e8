/** What a program calls, in all functions that it reaches; where each call stands, and whether the verifier is certain to see it. */
import type { CallContext, CallFacts, RegionFacts } from "../verdict";
import {
  type Constants,
  type Entry,
  Flow,
  keyOf,
  type Node,
  OUTSIDE,
  REGIONS,
  type Regions,
  type Value,
} from "./control-flow";
import type { CoreRelocation } from "./core-relocations";
import { type BpfFunction, mapOf } from "./functions";

/** What a program's instructions name. */
export interface Reach {
  /** Maps by name; those of variables by their section's. The kernel looks at all, before it drops what is never run. */
  maps: string[];
  /** Maps that are named, and that load() does not make. */
  missing: CallFacts[];
  /** Fields and types that the kernel has not. */
  unresolved: CallFacts[];
  /** Whether it reads what lies in the kernel's structs; undefined if not. */
  readsKernel: { conditional: boolean } | undefined;
  helpers: CallFacts[];
  kfuncs: CallFacts[];
  /** Functions that are called where nothing may sleep; static ones under a lock alone. */
  functions: CallFacts[];
  /** What is wrong about the regions where nothing may sleep. */
  regions: RegionFacts[];
}

/** How a function is come to. */
interface Visit {
  fn: BpfFunction;
  entry: Entry;
  /** The verifier is certain to come. */
  certain: boolean;
  /** Where its caller stands, if not in the program's own context. */
  context: CallContext | undefined;
  /** A global function lies between: older kernels verify it without regard to its caller. */
  global: boolean;
  /** A static function, which its caller goes on from. */
  inner?: true;
}

/** Something of a run: that is not the stack's, and that nothing is known of. */
const SOME = { is: "read", at: -2, bits: (1n << 64n) - 1n, free: "none" } as const;
const CONTEXT: Entry = { arguments: [{ ...SOME, kernel: "context" }], regions: OUTSIDE };

/** What takes a callback and calls it later, and where that is. */
const LATER: Readonly<Record<string, CallContext>> = {
  bpf_timer_set_callback: "timer",
  bpf_wq_set_callback: "work",
  bpf_wq_set_callback_impl: "work",
  bpf_task_work_schedule_signal: "work",
  bpf_task_work_schedule_signal_impl: "work",
  bpf_task_work_schedule_resume: "work",
  bpf_task_work_schedule_resume_impl: "work",
};
/** Map types that bpf_for_each_map_elem() holds rcu_read_lock() over (bpf_for_each_hash_elem()). */
const WALKED_UNDER_RCU = /hash$/;

/** What else is asked of a program. */
export interface Questions {
  /** Names what a relocation is about. */
  describe(relocation: CoreRelocation): string;
  /** Whether it reads the kernel's structs: only a licence makes that matter. */
  lookForReads: boolean;
}

/**
 * Walks from a program's first instruction, along what the verifier may follow: never the side of a branch that a constant rules
 * out. A call is certain if it is sure to come there. What only its own analysis decides is left open.
 */
export function reachOf(program: BpfFunction, constants: Constants, { describe, lookForReads }: Questions): Reach {
  const named = closure(program);
  const mayThrow = throwers(named);
  const found = {
    missing: new Calls(),
    unresolved: new Calls(),
    helpers: new Calls(),
    kfuncs: new Calls(),
    functions: new Calls(),
  };
  const regions = new Map<string, RegionFacts>();
  let readsKernel: Reach["readsKernel"];
  const flows = new Flows(constants);
  const visited = new Set<string>();
  const reached = new Set<BpfFunction>([program]);
  const open: Visit[] = [{ fn: program, entry: CONTEXT, certain: true, context: undefined, global: false }];

  for (;;) {
    // Before 6.8 the verifier looks at every global function, whether it is called or not.
    const visit = open.pop() ?? unvisited();
    if (visit === undefined) break;
    const { fn, entry, certain, context, global, inner } = visit;
    reached.add(fn);
    const state = `${flows.key(fn, entry)} ${certain} ${context} ${global} ${inner}`;
    if (visited.has(state)) continue;
    visited.add(state);
    const flow = flows.of(fn, entry);
    const sees = (nodes: readonly Node[]) => certain && flow.sees(new Set(nodes), mayThrow);
    const contextOf = (node: Node) => contextIn(node.regions) ?? context;
    const sites = <T>(all: ReadonlyMap<number, T>) =>
      [...all].flatMap(([at, what]) => flow.nodesAt(at).map((node) => [node, what] as const));

    const poisoned = sites(fn.addresses).filter(([{ at }]) => flow.isPoisoned(at));
    for (const [name, group] of grouped(poisoned, ([, address]) => mapOf(address) ?? ""))
      found.missing.add({ name, conditional: !sees(group.map(([node]) => node)) });
    const unresolved = sites(fn.relocations).filter(([{ at }]) => flow.isUnresolved(at));
    for (const [name, group] of grouped(unresolved, ([, relocation]) => describe(relocation)))
      found.unresolved.add({ name, conditional: !sees(group.map(([node]) => node)) });

    const reads = lookForReads ? flow.nodes().filter((node) => flow.readsKernel(node)) : [];
    if (reads.length > 0) readsKernel = { conditional: !sees(reads) && (readsKernel?.conditional ?? true) };

    for (const group of grouped(sites(fn.calls), ([node, { name }]) => `${name} ${contextOf(node)}`).values()) {
      const [node, { name, kfunc, weak, prototype }] = group[0] as (typeof group)[0];
      const conditional = !sees(group.map(([site]) => site));
      const where = contextOf(node);
      const changed = prototype !== undefined && constants.isChanged(name, prototype);
      const facts = {
        name,
        conditional,
        ...(weak && { weak }),
        ...(changed && { changed }),
        ...(where && { context: where, ...(global && { global }) }),
      };
      (kfunc ? found.kfuncs : found.helpers).add(facts);
    }
    // What a global function may call goes by its instructions, before the verifier drops any (since 6.15).
    if (global)
      for (const [at, { name, kfunc, weak }] of fn.calls)
        if (!flow.reaches(at))
          (kfunc ? found.kfuncs : found.helpers).add({
            name,
            conditional: true,
            ...(weak && { weak }),
            ...(context && { context, global }),
          });

    const wrong = sites(fn.calls).flatMap(([node]): (Omit<RegionFacts, "conditional"> & { node: Node })[] => {
      const fault = flow.faultAt(node);
      return fault === undefined ? [] : [{ node, ...fault }];
    });
    for (const [node, { name }] of sites(fn.calls)) {
      const region = name === "bpf_throw" ? contextIn(node.regions) : undefined;
      if (region !== undefined) wrong.push({ node, region, fault: "not left" });
    }
    for (const node of flow.exits()) {
      const region = REGIONS.find((one) => node.regions[one] !== entry.regions[one]);
      if (region !== undefined) wrong.push({ node, region, fault: inner ? "not left in its function" : "not left" });
    }
    for (const [key, group] of grouped(wrong, ({ region, fault }) => `${region} ${fault}`)) {
      const { region, fault } = group[0] as (typeof group)[0];
      const conditional = !sees(group.map(({ node }) => node)) && (regions.get(key)?.conditional ?? true);
      regions.set(key, { region, fault, conditional });
    }

    for (const [node, target] of sites(fn.callees)) {
      const where = contextOf(node);
      const sure = sees([node]);
      const called = { name: target.name, conditional: !sure, ...(where && { context: where }) };
      if (!target.global) {
        if (where === "lock") found.functions.add({ ...called, local: true });
        const next = { arguments: node.registers.slice(1, 6), regions: node.regions };
        open.push({ fn: target, entry: next, certain: sure, context, global, inner: true });
        continue;
      }
      if (where !== undefined && where !== "work") found.functions.add(called);
      open.push({ fn: target, entry: globalEntry(target), certain: sure, context: where, global: true });
    }

    const taken = new Set<BpfFunction>();
    for (const [node, { name }] of sites(fn.calls)) {
      const passed = node.registers.slice(1, 6);
      for (const value of passed) {
        if (value?.is !== "address" || value.address.of !== "function") continue;
        const { target } = value.address;
        taken.add(target);
        const later = LATER[name];
        const sure = sees([node]) && (name !== "bpf_loop" || loops(passed[0]));
        const called = { fn: target, certain: sure, global };
        if (later !== undefined)
          open.push({ ...called, entry: { arguments: [SOME, SOME, SOME], regions: OUTSIDE }, context: later });
        else
          open.push({
            ...called,
            entry: { arguments: [], regions: node.regions },
            context: heldBy(name, passed[0], constants) ?? context,
          });
      }
    }
    // Who calls these is not seen here.
    for (const [, address] of sites(fn.addresses)) {
      if (address.of !== "function" || taken.has(address.target)) continue;
      const entry = { arguments: [], regions: OUTSIDE };
      open.push({ fn: address.target, entry, certain: false, context: "unclear", global });
    }
  }
  const maps = new Set(named.flatMap((fn) => [...fn.addresses.values()].flatMap((address) => mapOf(address) ?? [])));
  return {
    maps: [...maps].filter((name) => constants.isCreated(name)),
    missing: found.missing.list(),
    unresolved: found.unresolved.list(),
    readsKernel,
    helpers: found.helpers.list(),
    kfuncs: found.kfuncs.list(),
    functions: found.functions.list(),
    regions: [...regions.values()],
  };

  function unvisited(): Visit | undefined {
    const fn = named.find((other) => other.global && !reached.has(other));
    return fn && { fn, entry: globalEntry(fn), certain: false, context: undefined, global: true };
  }
}

/** Calls by name and context. */
class Calls {
  readonly #calls = new Map<string, CallFacts>();

  add(call: CallFacts): void {
    const key = `${call.name} ${call.context} ${call.global} ${call.local}`;
    const before = this.#calls.get(key);
    this.#calls.set(key, { ...call, conditional: call.conditional && (before?.conditional ?? true) });
  }

  list(): CallFacts[] {
    return [...this.#calls.values()];
  }
}

/** Flows by function and entry: a program calls its functions from many places in the same way. */
class Flows {
  readonly #constants: Constants;
  readonly #flows = new Map<string, Flow>();
  readonly #numbers = new Map<unknown, number>();
  readonly #open = new Set<BpfFunction>();

  constructor(constants: Constants) {
    this.#constants = constants;
  }

  key(fn: BpfFunction, { arguments: values, regions }: Entry): string {
    const texts = values.map((value) => {
      if (value?.is === "constant") return `=${value.value}`;
      if (value?.is === "read") return `${value.at}/${value.bits}/${value.free}/${value.kernel}`;
      if (value?.is === "range") return `${value.from}-${value.to}`;
      if (value?.is !== "address") return value?.is;
      const { address } = value;
      return address.of === "data" ? `${address.section}+${address.offset}` : `@${this.#number(address)}`;
    });
    return `${this.#number(fn)} ${texts.join()} ${keyOf(regions)}`;
  }

  of(fn: BpfFunction, entry: Entry): Flow {
    const key = this.key(fn, entry);
    const flow = this.#flows.get(key) ?? new Flow(fn, entry, this.#constants, (callee, at) => this.#after(callee, at));
    this.#flows.set(key, flow);
    return flow;
  }

  #after(callee: BpfFunction, entry: Entry): readonly Regions[] {
    // The kernel refuses recursion.
    if (this.#open.has(callee)) return [entry.regions];
    this.#open.add(callee);
    const exits = this.of(callee, entry).exits();
    this.#open.delete(callee);
    return exits.length === 0
      ? [entry.regions]
      : [...new Map(exits.map(({ regions }) => [keyOf(regions), regions])).values()];
  }

  #number(thing: unknown): number {
    const number = this.#numbers.get(thing) ?? this.#numbers.size;
    this.#numbers.set(thing, number);
    return number;
  }
}

/** A global function is verified for any arguments of their types. */
function globalEntry({ parameters }: BpfFunction): Entry {
  const values = parameters.map((scalar, index): Value => {
    const at = -3 - index;
    return { is: "read", at, bits: (1n << 64n) - 1n, free: scalar ? "any" : "nonzero" };
  });
  return { arguments: values, regions: OUTSIDE };
}

/** The verifier looks into the callback of bpf_loop() if it may be called at all. */
function loops(count: Value): boolean {
  return count?.is === "constant" ? count.value > 0n : count?.is === "read" && count.free === "any";
}

/** What a helper or kfunc holds while it calls back. */
function heldBy(name: string, map: Value, constants: Constants): CallContext | undefined {
  if (name.startsWith("bpf_rbtree_add")) return "lock";
  if (name !== "bpf_for_each_map_elem") return undefined;
  const type = map?.is === "address" && map.address.of === "map" ? constants.mapType(map.address.name) : undefined;
  if (type === undefined) return "unclear";
  return WALKED_UNDER_RCU.test(type) ? "walk" : undefined;
}

function contextIn(regions: Regions): RegionFacts["region"] | undefined {
  return REGIONS.find((region) => regions[region] > 0);
}

/** A function and all that its instructions name, at any depth: libbpf appends those of calls never run too. */
function closure(program: BpfFunction): BpfFunction[] {
  const found = new Set([program]);
  for (const fn of found) {
    for (const target of fn.callees.values()) found.add(target);
    for (const address of fn.addresses.values()) if (address.of === "function") found.add(address.target);
  }
  return [...found];
}

/** What throws ends the program in the middle of a path. */
function throwers(functions: readonly BpfFunction[]): (fn: BpfFunction) => boolean {
  const throwing = new Set(
    functions.filter(({ calls }) => [...calls.values()].some(({ name }) => name === "bpf_throw")),
  );
  if (throwing.size === 0) return () => false;
  return (fn) => closure(fn).some((reached) => throwing.has(reached));
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
