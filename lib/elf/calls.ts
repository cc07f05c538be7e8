/**
 * Finds all calls in a program and the functions it reaches: the regions that hold at each call, and whether the
 * verifier is certain to reach it.
 */
import type { CallContext, RegionFacts } from "../verdict";
import { type Callees, type Constants, type Entry, Flow, type Node, type Value } from "./control-flow";
import { type BpfFunction, mapOf } from "./functions";
import { Calls, closure, type Questions, type Reach } from "./reach";
import { OUTSIDE, REGIONS, type Regions } from "./regions";

/** How a function is reached. */
interface Visit {
  fn: BpfFunction;
  entry: Entry;
  /** Whether the verifier is certain to reach it. */
  certain: boolean;
  /** The caller's region, if it is not the program's own context. */
  context: CallContext | undefined;
  /** Whether the call chain has a global function, which older kernels verify independently of its callers. */
  global: boolean;
  /** A static function, after which its caller continues. */
  inner?: true;
}

/** A run-time value that is not a stack address and otherwise unknown. */
const SOME = { is: "read", at: -2, bits: (1n << 64n) - 1n, free: "none" } as const;
const CONTEXT: Entry = { arguments: [{ ...SOME, kernel: "context" }], regions: OUTSIDE };

/** Functions that take a callback and call it later, with the context of that call. */
const LATER: Readonly<Record<string, CallContext>> = {
  bpf_timer_set_callback: "timer",
  bpf_wq_set_callback: "work",
  bpf_wq_set_callback_impl: "work",
  bpf_task_work_schedule_signal: "work",
  bpf_task_work_schedule_signal_impl: "work",
  bpf_task_work_schedule_resume: "work",
  bpf_task_work_schedule_resume_impl: "work",
};
/** Map types for which bpf_for_each_map_elem() holds rcu_read_lock() (bpf_for_each_hash_elem()). */
const WALKED_UNDER_RCU = /hash$/;

/**
 * Walks from a program's first instruction along every path that the verifier may take, without branches that a
 * constant rules out. A call is certain if every path reaches it. Results that depend on the verifier's own analysis
 * stay open.
 */
export function reachOf(program: BpfFunction, constants: Constants, questions: Questions): Reach {
  return new Walk(program, constants, questions).reach();
}

/** A function, as it is entered by one of its callers. */
class Entered {
  readonly visit: Visit;
  readonly flow: Flow;

  constructor(visit: Visit, flow: Flow) {
    this.visit = visit;
    this.flow = flow;
  }

  /** Whether the verifier is certain to come to one of these. */
  sees(nodes: readonly Node[]): boolean {
    return this.visit.certain && this.flow.sees(nodes);
  }

  contextOf(node: Node): CallContext | undefined {
    return contextIn(node.regions) ?? this.visit.context;
  }

  /** What stands at instructions that are reached, once for each state that they are reached in. */
  sites<T>(all: ReadonlyMap<number, T>): (readonly [Node, T])[] {
    return [...all].flatMap(([at, what]) => this.flow.nodesAt(at).map((node) => [node, what] as const));
  }
}

class Walk {
  readonly #constants: Constants;
  readonly #questions: Questions;
  /** All functions that the program names, whether they are reached or not. */
  readonly #named: readonly BpfFunction[];
  readonly #flows: Flows;
  readonly #missing = new Calls();
  readonly #unresolved = new Calls();
  readonly #helpers = new Calls();
  readonly #kfuncs = new Calls();
  readonly #functions = new Calls();
  readonly #regions = new Map<string, RegionFacts>();
  #readsKernel: Reach["readsKernel"];
  readonly #visited = new Set<string>();
  readonly #reached = new Set<BpfFunction>();
  readonly #open: Visit[];

  constructor(program: BpfFunction, constants: Constants, questions: Questions) {
    this.#constants = constants;
    this.#questions = questions;
    this.#named = closure(program);
    this.#flows = new Flows(constants, throwers(this.#named));
    this.#open = [{ fn: program, entry: CONTEXT, certain: true, context: undefined, global: false }];
  }

  reach(): Reach {
    // Before 6.8 the verifier checks every global function, called or not.
    for (let visit = this.#open.pop(); visit !== undefined; visit = this.#open.pop() ?? this.#unvisited())
      this.#enter(visit);
    const addresses = this.#named.flatMap((fn) => [...fn.addresses.values()]);
    const maps = new Set(addresses.flatMap((address) => mapOf(address) ?? []));
    return {
      maps: [...maps].filter((name) => this.#constants.isCreated(name)),
      missing: this.#missing.list(),
      unresolved: this.#unresolved.list(),
      readsKernel: this.#readsKernel,
      helpers: this.#helpers.list(),
      kfuncs: this.#kfuncs.list(),
      functions: this.#functions.list(),
      regions: [...this.#regions.values()],
    };
  }

  #unvisited(): Visit | undefined {
    const fn = this.#named.find((other) => other.global && !this.#reached.has(other));
    return fn && { fn, entry: globalEntry(fn), certain: false, context: undefined, global: true };
  }

  #enter(visit: Visit): void {
    const { fn, entry, certain, context, global, inner } = visit;
    this.#reached.add(fn);
    const state = `${this.#flows.key(fn, entry)} ${certain} ${context} ${global} ${inner}`;
    if (this.#visited.has(state)) return;
    this.#visited.add(state);
    const entered = new Entered(visit, this.#flows.of(fn, entry));
    this.#findUnresolved(entered);
    this.#findReads(entered);
    this.#findCalls(entered);
    if (global) this.#findUnreachedCalls(entered);
    this.#findRegionFaults(entered);
    this.#followCalls(entered);
    this.#followCallbacks(entered);
  }

  /** Maps that are not created, and CO-RE relocations that libbpf can't resolve: it poisons the instruction. */
  #findUnresolved(entered: Entered): void {
    const { flow, visit } = entered;
    const poisoned = entered.sites(visit.fn.addresses).filter(([{ at }]) => flow.isPoisoned(at));
    for (const [name, group] of grouped(poisoned, ([, address]) => mapOf(address) ?? ""))
      this.#missing.add({ name, conditional: !entered.sees(group.map(([node]) => node)) });
    const unresolved = entered.sites(visit.fn.relocations).filter(([{ at }]) => flow.isUnresolved(at));
    for (const [name, group] of grouped(unresolved, ([, relocation]) => this.#questions.describe(relocation)))
      this.#unresolved.add({ name, conditional: !entered.sees(group.map(([node]) => node)) });
  }

  #findReads(entered: Entered): void {
    if (!this.#questions.lookForReads) return;
    const { flow } = entered;
    const reads = flow.nodes().filter((node) => flow.readsKernel(node));
    if (reads.length === 0) return;
    this.#readsKernel = { conditional: !entered.sees(reads) && (this.#readsKernel?.conditional ?? true) };
  }

  #findCalls(entered: Entered): void {
    const { fn, global } = entered.visit;
    const sites = entered.sites(fn.calls);
    for (const group of grouped(sites, ([node, { name }]) => `${name} ${entered.contextOf(node)}`).values()) {
      const [node, { name, kfunc, weak, prototype }] = group[0] as (typeof group)[0];
      const context = entered.contextOf(node);
      const changed = prototype !== undefined && this.#constants.isChanged(name, prototype);
      (kfunc ? this.#kfuncs : this.#helpers).add({
        name,
        conditional: !entered.sees(group.map(([site]) => site)),
        ...(weak && { weak }),
        ...(changed && { changed }),
        ...(context && { context, ...(global && { global }) }),
      });
    }
  }

  /**
   * Since 6.15 the set of functions that a global function may call depends on its instructions before dead code
   * removal.
   */
  #findUnreachedCalls({ flow, visit: { fn, context, global } }: Entered): void {
    for (const [at, { name, kfunc, weak }] of fn.calls) {
      if (flow.reaches(at)) continue;
      (kfunc ? this.#kfuncs : this.#helpers).add({
        name,
        conditional: true,
        ...(weak && { weak }),
        ...(context && { context, global }),
      });
    }
  }

  /** Locks and regions that are entered twice, or not left. */
  #findRegionFaults(entered: Entered): void {
    const { flow, visit } = entered;
    const calls = entered.sites(visit.fn.calls);
    const found = calls.flatMap(([node]): (Omit<RegionFacts, "conditional"> & { node: Node })[] => {
      const fault = flow.faultAt(node);
      return fault === undefined ? [] : [{ node, ...fault }];
    });
    for (const [node, { name }] of calls) {
      const region = name === "bpf_throw" ? contextIn(node.regions) : undefined;
      if (region !== undefined) found.push({ node, region, fault: "not left" });
    }
    for (const node of flow.exits()) {
      const region = REGIONS.find((one) => node.regions[one] !== visit.entry.regions[one]);
      if (region !== undefined)
        found.push({ node, region, fault: visit.inner ? "not left in its function" : "not left" });
    }
    for (const [key, group] of grouped(found, ({ region, fault }) => `${region} ${fault}`)) {
      const { region, fault } = group[0] as (typeof group)[0];
      const unseen = !entered.sees(group.map(({ node }) => node));
      const conditional = unseen && (this.#regions.get(key)?.conditional ?? true);
      this.#regions.set(key, { region, fault, conditional });
    }
  }

  #followCalls(entered: Entered): void {
    const { fn, context, global } = entered.visit;
    for (const [node, target] of entered.sites(fn.callees)) {
      const where = entered.contextOf(node);
      const certain = entered.sees([node]);
      const called = { name: target.name, conditional: !certain, ...(where && { context: where }) };
      if (!target.global) {
        if (where === "lock") this.#functions.add({ ...called, local: true });
        const entry = { arguments: node.registers.slice(1, 6), regions: node.regions };
        this.#open.push({ fn: target, entry, certain, context, global, inner: true });
        continue;
      }
      if (where !== undefined && where !== "work") this.#functions.add(called);
      this.#open.push({ fn: target, entry: globalEntry(target), certain, context: where, global: true });
    }
  }

  /** Functions that are passed to helpers and kfuncs, and those whose address goes elsewhere. */
  #followCallbacks(entered: Entered): void {
    const { fn, context, global } = entered.visit;
    const passed = new Set<BpfFunction>();
    for (const [node, { name }] of entered.sites(fn.calls)) {
      const values = node.registers.slice(1, 6);
      for (const value of values) {
        if (value?.is !== "address" || value.address.of !== "function") continue;
        const { target } = value.address;
        passed.add(target);
        const later = LATER[name];
        const certain = entered.sees([node]) && (name !== "bpf_loop" || loops(values[0]));
        const entry =
          later === undefined
            ? { arguments: [], regions: node.regions }
            : { arguments: [SOME, SOME, SOME], regions: OUTSIDE };
        const inherited = heldBy(name, values[0], this.#constants) ?? context;
        this.#open.push({ fn: target, entry, certain, context: later ?? inherited, global });
      }
    }
    // Their callers are not known here.
    for (const [, address] of entered.sites(fn.addresses)) {
      if (address.of !== "function" || passed.has(address.target)) continue;
      const entry = { arguments: [], regions: OUTSIDE };
      this.#open.push({ fn: address.target, entry, certain: false, context: "unclear", global });
    }
  }
}

/** Flows by function and entry state: a program often calls a function from many places in the same state. */
class Flows {
  readonly #constants: Constants;
  readonly #flows = new Map<string, Flow>();
  readonly #numbers = new Map<unknown, number>();
  readonly #open = new Set<BpfFunction>();
  readonly #callees: Callees;

  constructor(constants: Constants, mayThrow: (fn: BpfFunction) => boolean) {
    this.#constants = constants;
    this.#callees = { after: (callee, entry) => this.#after(callee, entry), mayThrow };
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
    return `${this.#number(fn)} ${texts.join()} ${regions.key}`;
  }

  of(fn: BpfFunction, entry: Entry): Flow {
    const key = this.key(fn, entry);
    const flow = this.#flows.get(key) ?? new Flow(fn, entry, this.#constants, this.#callees);
    this.#flows.set(key, flow);
    return flow;
  }

  #after(callee: BpfFunction, entry: Entry): readonly Regions[] {
    // The kernel rejects recursion.
    if (this.#open.has(callee)) return [entry.regions];
    this.#open.add(callee);
    const exits = this.of(callee, entry).exits();
    this.#open.delete(callee);
    return exits.length === 0
      ? [entry.regions]
      : [...new Map(exits.map(({ regions }) => [regions.key, regions])).values()];
  }

  #number(thing: unknown): number {
    const number = this.#numbers.get(thing) ?? this.#numbers.size;
    this.#numbers.set(thing, number);
    return number;
  }
}

/** The verifier checks a global function for all arguments of the declared types. */
function globalEntry({ parameters }: BpfFunction): Entry {
  const values = parameters.map((scalar, index): Value => {
    const at = -3 - index;
    return { is: "read", at, bits: (1n << 64n) - 1n, free: scalar ? "any" : "nonzero" };
  });
  return { arguments: values, regions: OUTSIDE };
}

/** Whether the verifier checks the callback of bpf_loop(): it does unless the count is certain to be zero. */
function loops(count: Value): boolean {
  return count?.is === "constant" ? count.value > 0n : count?.is === "read" && count.free === "any";
}

/** The lock that a helper or kfunc holds while it calls the callback. */
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

/** Functions that can throw, which ends the program in the middle of a path. */
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
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
