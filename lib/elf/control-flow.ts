/**
 * Control flow analysis of one function: register contents at each instruction, branch directions, and the locks held,
 * as far as the kernel's verifier is certain to know them too (do_check() in kernel/bpf/verifier.c). The verifier knows
 * more.
 */

import { once } from "../lazy";
import type { RegionFacts } from "../verdict";
import { CoreKind, type CoreRelocation } from "./core-relocations";
import type { CoreValue } from "./core-resolve";
import { type Address, type BpfFunction, mapOf } from "./functions";
import { ENTERS, keyed, type Regions } from "./regions";

/** Values that are constant after load. Undefined: not known here. */
export interface Constants {
  /** An integer in a read-only section. */
  data(section: string, offset: number, size: number): bigint | undefined;
  /** The range, minimum and maximum, of a __kconfig extern. */
  kconfig(name: string): readonly [bigint, bigint] | undefined;
  /** Whether the kernel has a kfunc with the prototype that the object declares. */
  kfunc(name: string, prototype: number): boolean | undefined;
  /**
   * Whether the kernel's function of this name is certain to have another prototype: libbpf treats it as missing
   * (bpf_core_types_are_compat()).
   */
  isChanged(name: string, prototype: number): boolean;
  /** Whether load() creates a map. */
  isCreated(map: string): boolean;
  /** A map's type in lower case. */
  mapType(map: string): string | undefined;
  /** The value that libbpf computes for a CO-RE relocation. */
  core(relocation: CoreRelocation): CoreValue;
}

/**
 * The content of a register; undefined: anything. `read`: a run-time value read by the instruction at `at` that is not
 * a stack address. Bits that are zero in `bits` are zero in the value. `free`: the values that are certainly possible
 * and that the verifier can't rule out.
 */
export type Value =
  | undefined
  | { is: "constant"; value: bigint }
  | { is: "range"; from: bigint; to: bigint }
  /** `offset` is relative to the end of this frame; without it, the address is in another frame or unknown. */
  | { is: "stack"; offset?: number }
  | { is: "address"; address: Address }
  | { is: "read"; at: number; bits: bigint; free: "any" | "zero" | "nonzero" | "none"; kernel?: Provenance };

/**
 * "context": the program's context. "own": kernel memory reached from the context, directly or through other such
 * memory.
 */
type Provenance = "context" | "own";

/** The state in which a function is entered. */
export interface Entry {
  /** Registers r1 to r5. */
  readonly arguments: readonly Value[];
  readonly regions: Regions;
}

/**
 * An instruction reached in certain regions. The verifier keeps such states apart, like any other difference between
 * paths.
 */
export interface Node {
  /** Its place among the nodes of its function. */
  readonly number: number;
  readonly at: number;
  readonly regions: Regions;
  readonly registers: readonly Value[];
}

/** A node while states are still joined, and what is worked out from its registers. */
interface State extends Node {
  registers: readonly Value[];
  edges: readonly Edge[];
  /** Whether paths end here, before the function does. */
  ends: boolean;
}

/** A control flow edge and its state. */
interface Edge {
  to: number;
  reachability: Reachability;
  registers: readonly Value[];
  regions: Regions;
}

/**
 * How the nodes hang together, by their numbers. A chain is a run of nodes without a branch, into which no path comes but
 * at its start; the number of its last node stands for it.
 */
interface Graph {
  /** The nodes that the verifier is certain to reach. */
  certain: ReadonlySet<number>;
  /** Of these, the chains at whose end it may go several ways; the first too. */
  forks: readonly number[];
  /** The chain of a node. */
  chains: Int32Array;
  /** The chains that lead to the start of a chain. */
  before: readonly (readonly number[] | undefined)[];
  /** The chains at which paths end, or the function. */
  last: readonly number[];
}

/** Whether the verifier follows an edge of a branch. */
type Reachability = "certain" | "maybe" | "never";

/** Maximum nesting depth, so that a loop that enters regions ends. */
const DEEPEST = 8;

const REGISTERS = 11;
const NO_STATES: State[] = [];
const ALL = (1n << 64n) - 1n;
const LOW = (1n << 32n) - 1n;

/**
 * Functions that return zero if they took the lock, else an errno. The verifier follows both (res_spin_lock() since
 * 0de2046137f9).
 */
const TRIES: ReadonlySet<string> = new Set(["bpf_res_spin_lock", "bpf_res_spin_lock_irqsave"]);
const ERRNO: Value = { is: "range", from: (1n << 64n) - 4095n, to: (1n << 64n) - 1n };
const ZERO: Value = { is: "constant", value: 0n };

/** Helpers that return any 64-bit value, so that the verifier knows nothing about it. */
const ANYTHING: ReadonlySet<string> = new Set(
  "bpf_get_current_pid_tgid bpf_get_current_uid_gid bpf_get_current_cgroup_id bpf_get_prandom_u32 bpf_ktime_get_ns bpf_ktime_get_boot_ns bpf_ktime_get_coarse_ns bpf_jiffies64 bpf_get_attach_cookie bpf_get_func_ip".split(
    " ",
  ),
);
/** Helpers that return an address or null. The verifier may know that it can't be null. */
const ADDRESSES =
  /^bpf_(map_lookup_\w+|ringbuf_reserve|\w+_storage_get|get_current_task_btf|get_local_storage|sk\w*_lookup_\w+|skc_\w+|sk_fullsock|tcp_sock|kptr_xchg|dynptr_data|per_cpu_ptr|this_cpu_ptr|task_pt_regs|sock_from_file|get_listener_sock|iter_\w+_next)$/;
/** Helpers whose result the verifier knows to be within bounds that include zero. */
const BOUNDED =
  /^bpf_(get_stack|get_task_stack|probe_read\w*|copy_from_user\w*|map_\w+_elem|get_smp_processor_id|get_numa_node_id|perf_event_output|ringbuf_output|d_path|get_current_comm|timer_\w+|loop|for_each_map_elem)$/;

/** What a flow asks about the functions that its own calls. */
export interface Callees {
  /** The regions that a call can leave held. */
  after(callee: BpfFunction, entry: Entry): readonly Regions[];
  /** Whether a call can throw, which ends the program. */
  mayThrow(callee: BpfFunction): boolean;
}

/** The control flow of a function entered in one state. */
export class Flow {
  readonly #fn: BpfFunction;
  readonly #constants: Constants;
  /** Nodes by instruction, one for each set of regions; unreachable ones are absent. */
  readonly #states: State[][];
  #count = 0;
  readonly #callees: Callees;
  readonly #graph = once(() => this.#connect());

  constructor(fn: BpfFunction, entry: Entry, constants: Constants, callees: Callees) {
    this.#fn = fn;
    this.#constants = constants;
    this.#callees = callees;
    this.#states = new Array(fn.instructions.length).fill(NO_STATES);
    const registers: Value[] = new Array(REGISTERS).fill(undefined);
    // A stack address passed by the caller points to the caller's frame.
    for (const [index, value] of entry.arguments.entries())
      registers[index + 1] = value?.is === "stack" ? { is: "stack" } : value;
    registers[10] = { is: "stack", offset: 0 };
    this.#settle(registers, entry.regions);
  }

  /** The nodes of an instruction, one for each set of regions it is reached in. */
  nodesAt(at: number): readonly Node[] {
    return this.#states[at] ?? NO_STATES;
  }

  nodes(): Node[] {
    return this.#states.flat();
  }

  reaches(at: number): boolean {
    return this.nodesAt(at).length > 0;
  }

  /** The nodes at which the function ends. */
  exits(): Node[] {
    return this.nodes().filter(({ at }) => this.#fn.instructions.isExit(at));
  }

  /** Whether an instruction loads from kernel memory through an address whose type the verifier tracks. */
  readsKernel({ at, registers }: Node): boolean {
    const { instructions } = this.#fn;
    if ((instructions.opcode(at) & 7) !== 1) return false;
    const base = registers[instructions.source(at)];
    return base?.is === "read" && base.kernel === "own";
  }

  /** The fault in the region that an instruction enters or leaves. */
  faultAt({ at, regions, registers }: Node): Pick<RegionFacts, "fault" | "region"> | undefined {
    const [region, change] = ENTERS[this.#fn.calls.get(at)?.name ?? ""] ?? [];
    if (region === undefined || change === undefined) return undefined;
    if (change > 0) return region === "rcu" && regions.rcu > 0 ? { fault: "nested", region } : undefined;
    if (regions[region] === 0) return { fault: "not entered", region };
    if (region !== "irq") return undefined;
    const [saved, restored] = [regions.flags.at(-1), slotOf(registers)];
    const disorder = saved !== undefined && restored !== undefined && saved !== restored;
    return disorder ? { fault: "disorder", region } : undefined;
  }

  /**
   * libbpf replaces the load of the address of a map that is not created by a call that the kernel rejects
   * (poison_map_ldimm64()).
   */
  isPoisoned(at: number): boolean {
    const address = this.#fn.addresses.get(at);
    const map = address && mapOf(address);
    return map !== undefined && !this.#constants.isCreated(map);
  }

  /** Likewise for an instruction that uses a field or type that the kernel does not have (bpf_core_poison_insn()). */
  isUnresolved(at: number): boolean {
    const relocation = this.#fn.relocations.get(at);
    return relocation !== undefined && this.#constants.core(relocation) === "none";
  }

  /**
   * Whether paths end here: at an instruction that throws, uses a map that is not created, or leaves a region that was
   * not entered.
   */
  #ends(node: Node): boolean {
    if (this.#fn.calls.get(node.at)?.name === "bpf_throw" || this.isPoisoned(node.at) || this.isUnresolved(node.at))
      return true;
    const fault = this.faultAt(node)?.fault;
    return fault === "not entered" || fault === "disorder";
  }

  /**
   * Whether the verifier is certain to reach one of these nodes, either from the entry or from a branch both sides of
   * which it may take and that lead there.
   */
  sees(wanted: readonly Node[]): boolean {
    const { certain, forks, chains, before, last } = this.#graph();
    if (wanted.some(({ number }) => certain.has(number))) return true;
    for (const callee of this.#fn.callees.values()) if (this.#callees.mayThrow(callee)) return false;
    // The chains from whose end a path ends without a wanted node: found from its end.
    const isPast = new Uint8Array(this.#count);
    const stop = new Uint8Array(this.#count);
    for (const { number } of wanted) stop[chains[number] as number] = 1;
    const past: number[] = [];
    const come = (chain: number) => {
      if (isPast[chain]) return;
      isPast[chain] = 1;
      if (!stop[chain]) past.push(chain);
    };
    for (const chain of last) come(chain);
    for (let chain = past.pop(); chain !== undefined; chain = past.pop())
      for (const one of before[chain] ?? []) come(one);
    return forks.some((chain) => !isPast[chain]);
  }

  #connect(): Graph {
    const states = this.#states.flat();
    const next: (readonly State[])[] = [];
    const last: number[] = [];
    /** The number of ways to come to a node; one more for the first, which starts a chain. */
    const ways = new Uint32Array(this.#count).fill(1, 0, 1);
    for (const state of states) {
      const isLast = state.ends || this.#fn.instructions.isExit(state.at);
      if (isLast) last.push(state.number);
      const following = isLast ? NO_STATES : this.#following(state, false);
      next[state.number] = following;
      for (const { number } of following) ways[number] = (ways[number] as number) + 1;
    }
    /** The next node of the same chain. */
    const inChain = ({ number, edges }: State) => {
      const [one, another] = next[number] as readonly State[];
      const isOnly = another === undefined && edges.length === 1 && edges[0]?.reachability === "certain";
      return isOnly && one !== undefined && ways[one.number] === 1 ? one : undefined;
    };
    const chains = new Int32Array(this.#count).fill(-1);
    for (const state of states) {
      if (chains[state.number] !== -1) continue;
      const run = [state];
      for (let one = inChain(state); one !== undefined; one = chains[one.number] === -1 ? inChain(one) : undefined)
        run.push(one);
      const { number } = run.at(-1) as State;
      const chain = chains[number] === -1 ? number : (chains[number] as number);
      for (const one of run) chains[one.number] = chain;
    }
    const before: number[][] = [];
    for (const state of states) {
      if (chains[state.number] !== state.number) continue;
      for (const { number } of next[state.number] as readonly State[]) {
        const chain = chains[number] as number;
        before[chain] ??= [];
        before[chain].push(state.number);
      }
    }
    const { certain, forks } = this.#certain();
    return { certain, forks: forks.map((number) => chains[number] as number), chains, before, last };
  }

  /** The nodes that the verifier is certain to reach, and those of them where it may go several ways; the first too. */
  #certain(): { certain: Set<number>; forks: number[] } {
    const path = (this.#states[0] ?? NO_STATES).slice(0, 1);
    const certain = new Set(path.map(({ number }) => number));
    const forks = [...certain];
    for (let state = path.pop(); state !== undefined; state = path.pop()) {
      const callee = this.#fn.callees.get(state.at);
      if (state.ends || (callee !== undefined && this.#callees.mayThrow(callee))) continue;
      for (const next of this.#following(state, true)) {
        if (certain.has(next.number)) continue;
        certain.add(next.number);
        path.push(next);
      }
      if (state.edges.some(({ reachability }) => reachability !== "certain")) forks.push(state.number);
    }
    return { certain, forks };
  }

  /** Where edges lead that the verifier may follow, or is certain to. */
  #following({ edges }: State, certain: boolean): State[] {
    const found: State[] = [];
    for (const { to, regions, reachability } of edges) {
      const isWanted = certain ? reachability === "certain" : reachability !== "never";
      const state = isWanted ? this.#stateAt(to, regions) : undefined;
      if (state !== undefined) found.push(state);
    }
    return found;
  }

  #stateAt(at: number, { key }: Regions): State | undefined {
    return this.#states[at]?.find(({ regions }) => regions.key === key);
  }

  /** In the order of the instructions, so that what comes together is joined before it goes on. */
  #settle(registers: readonly Value[], regions: Regions): void {
    const open: State[][] = this.#states.map(() => NO_STATES);
    let at = 0;
    const come = ({ to, reachability, registers, regions }: Edge) => {
      const states = this.#states[to];
      // The kernel rejects a jump out of the function.
      if (reachability === "never" || states === undefined) return;
      const known = this.#stateAt(to, regions);
      const state: State = known ?? { number: this.#count++, at: to, regions, registers, edges: [], ends: false };
      if (known === undefined) this.#states[to] = [...states, state];
      else {
        const joined = join(known.registers, registers);
        if (joined === known.registers) return;
        known.registers = joined;
      }
      const waiting = open[to] as State[];
      if (!waiting.includes(state)) open[to] = [...waiting, state];
      at = Math.min(at, to);
    };
    come({ to: 0, reachability: "certain", registers, regions });
    while (at < open.length) {
      const states = open[at] as State[];
      open[at++] = NO_STATES;
      for (const state of states) {
        state.ends = this.#ends(state);
        state.edges = state.ends ? [] : this.#edges(state);
        for (const edge of state.edges) come(edge);
      }
    }
  }

  /** The edges that leave a node. */
  #edges(node: Node): Edge[] {
    const { at, regions, registers } = node;
    const { calls, callees, instructions } = this.#fn;
    const call = calls.get(at);
    const callee = callees.get(at);
    const after = this.#step(node);
    if (call !== undefined && TRIES.has(call.name)) {
      const to = at + 1;
      const rest = after.slice(1);
      return [
        { to, reachability: "certain", registers: [ZERO, ...rest], regions: regionsAfter(call.name, node) },
        { to, reachability: "certain", registers: [ERRNO, ...rest], regions },
      ];
    }
    if (call !== undefined)
      return [{ to: at + 1, reachability: "certain", registers: after, regions: regionsAfter(call.name, node) }];
    if (callee !== undefined && !callee.global) {
      const all = this.#callees.after(callee, { arguments: registers.slice(1, 6), regions });
      const reachability = all.length === 1 ? "certain" : "maybe";
      return all.map((left) => ({ to: at + 1, reachability, registers: after, regions: left }));
    }
    const next = instructions.next(at);
    const taken = instructions.isConditionalJump(at) ? branch(instructions, at, registers) : undefined;
    const otherwise = next.length === 1 ? "certain" : "maybe";
    return next.map((to, index) => ({ to, reachability: taken?.[index] ?? otherwise, registers: after, regions }));
  }

  /** The register contents after an instruction: the same array if none changes. */
  #step({ at, registers: before }: Node): readonly Value[] {
    const { instructions, calls } = this.#fn;
    const opcode = instructions.opcode(at);
    const family = opcode & 7;
    const isAtomic = family === 3 && opcode >> 5 === 6;
    const relocation = this.#fn.relocations.get(at);
    if ((family === 2 || family === 3) && !isAtomic && relocation === undefined) return before;
    const registers = before.slice();
    const destination = instructions.destination(at);
    if (instructions.isCall(at)) {
      const call = calls.get(at);
      const passed = before.slice(1, 6);
      for (let register = 0; register <= 5; register++) registers[register] = undefined;
      if (call !== undefined) {
        registers[0] = resultOf(call.name, at);
        return registers;
      }
      // The called function may have branched on its arguments.
      for (const value of passed) if (value?.is === "read") tell(registers, value.at);
      return registers;
    }
    if (instructions.isConditionalJump(at)) {
      for (const register of [destination, instructions.source(at)]) {
        const value = before[register];
        if (value?.is === "read") tell(registers, value.at);
      }
    } else if (instructions.isAddressLoad(at)) registers[destination] = this.#address(at);
    else if (family === 1) registers[destination] = this.#load(at, before[instructions.source(at)]);
    else if (family === 4 || family === 7) registers[destination] = compute(instructions, at, before);
    else if (isAtomic) {
      // Atomic operations with BPF_FETCH.
      registers[instructions.source(at)] = undefined;
      registers[0] = undefined;
    }
    if (relocation !== undefined && family !== 1 && !NO_CONDITION.has(relocation.kind))
      registers[destination] = MOVES.has(opcode) ? written(this.#constants.core(relocation), opcode) : undefined;
    return registers;
  }

  #address(at: number): Value {
    const address = this.#fn.addresses.get(at);
    if (address === undefined) return { is: "constant", value: this.#fn.instructions.wideImmediate(at) };
    if (address.of === "symbol") {
      const { name, weak, prototype } = address;
      const there = !weak || (prototype === undefined ? undefined : this.#constants.kfunc(name, prototype));
      if (there === undefined) return undefined;
      if (!there) return { is: "constant", value: 0n };
    }
    return { is: "address", address };
  }

  #load(at: number, base: Value): Value {
    const opcode = this.#fn.instructions.opcode(at);
    const size = [4, 2, 1, 8][(opcode >> 3) & 3] as number;
    const plain = opcode >> 5 === 3;
    if (base?.is === "address" && plain) {
      const { address } = base;
      const offset = this.#fn.instructions.offset(at);
      if (address.of === "kconfig") {
        const [from, to] = (offset === 0 && this.#constants.kconfig(address.name)) || [];
        if (from === undefined || to === undefined) return undefined;
        return from === to ? { is: "constant", value: from } : { is: "range", from, to };
      }
      if (address.of !== "data") return undefined;
      if (address.section.startsWith(".rodata")) {
        const value = this.#constants.data(address.section, address.offset + offset, size);
        return value === undefined ? undefined : { is: "constant", value };
      }
      return { is: "read", at, bits: widthOf(size), free: "any" };
    }
    if (base?.is !== "read") return undefined;
    const kernel = base.kernel !== undefined && plain && size === 8 ? ({ kernel: "own" } as const) : undefined;
    // An 8-byte value can be an address that the verifier trusts.
    return {
      is: "read",
      at,
      bits: plain ? widthOf(size) : ALL,
      free: !plain ? "none" : size === 8 ? "nonzero" : "any",
      ...kernel,
    };
  }
}

/** Relocation kinds that no program uses as a branch condition. */
const NO_CONDITION: ReadonlySet<number> = new Set([CoreKind.FIELD_BYTE_OFFSET, CoreKind.TYPE_ID_LOCAL]);
/** BPF_MOV of an immediate, and BPF_LD_IMM64. */
const MOVES: ReadonlySet<number> = new Set([0xb7, 0xb4, 0x18]);

/** The value of a move after libbpf's relocation. */
function written(value: CoreValue, opcode: number): Value {
  if (typeof value !== "bigint") return undefined;
  const moved = opcode === 0x18 ? value : opcode === 0xb4 ? value & LOW : signed(value, 32);
  return { is: "constant", value: BigInt.asUintN(64, moved) };
}

/** The position of a value that several instructions may have read. */
const NOWHERE = -1;

const widthOf = (size: number) => (1n << BigInt(8 * size)) - 1n;

/** Records that a program branched on a value: the verifier may now know more about it. */
function tell(registers: Value[], at: number): void {
  for (const [index, value] of registers.entries()) {
    if (value?.is === "read" && value.at === at) registers[index] = { ...value, free: "none" };
  }
}

function resultOf(name: string, at: number): Value {
  const read = (free: "any" | "zero" | "nonzero"): Value => ({ is: "read", at, bits: ALL, free });
  if (name === "bpf_get_current_task_btf") return { is: "read", at, bits: ALL, free: "nonzero", kernel: "own" };
  if (ANYTHING.has(name)) return read("any");
  if (ADDRESSES.test(name)) return read("nonzero");
  return BOUNDED.test(name) ? read("zero") : undefined;
}

/** The stack offset of the saved flags that r1 points to. */
function slotOf([, pointer]: readonly Value[]): number | undefined {
  return pointer?.is === "stack" ? pointer.offset : undefined;
}

function regionsAfter(name: string, { regions, registers }: Node): Regions {
  const [region, change] = ENTERS[name] ?? [];
  if (region === undefined || change === undefined) return regions;
  const depth = Math.min(DEEPEST, regions[region] + change);
  if (region !== "irq") return keyed({ ...regions, [region]: depth });
  const flags = change > 0 ? [...regions.flags, slotOf(registers)].slice(0, DEEPEST) : regions.flags.slice(0, -1);
  return keyed({ ...regions, irq: depth, flags });
}

/** Merges two states. Returns the first if the second adds nothing. */
function join(one: readonly Value[], other: readonly Value[]): readonly Value[] {
  let joined: Value[] | undefined;
  for (let register = 0; register < REGISTERS; register++) {
    const value = joinValues(one[register], other[register]);
    if (value === one[register]) continue;
    joined ??= one.slice();
    joined[register] = value;
  }
  return joined ?? one;
}

function joinValues(one: Value, other: Value): Value {
  if (one === other) return one;
  if (one === undefined || other === undefined) return undefined;
  if (isSame(one, other)) return one;
  if (one.is === "read" && other.is === "read") {
    const at = one.at === other.at ? one.at : NOWHERE;
    const kernel = one.kernel === other.kernel && one.kernel !== undefined ? { kernel: one.kernel } : undefined;
    const joined: Value = { is: "read", at, bits: one.bits | other.bits, free: "none", ...kernel };
    return isSame(one, joined) ? one : joined;
  }
  if (one.is === "stack" && other.is === "stack") return { is: "stack" };
  // An address that may be null is not a stack address.
  return undefined;
}

function isSame(one: NonNullable<Value>, other: NonNullable<Value>): boolean {
  if (one.is === "constant") return other.is === "constant" && one.value === other.value;
  if (one.is === "stack") return other.is === "stack" && one.offset === other.offset;
  if (one.is === "range") return other.is === "range" && one.from === other.from && one.to === other.to;
  if (one.is === "read")
    return (
      other.is === "read" &&
      one.at === other.at &&
      one.bits === other.bits &&
      one.free === other.free &&
      one.kernel === other.kernel
    );
  if (other.is !== "address") return false;
  const [a, b] = [one.address, other.address];
  if (a === b) return true;
  return a.of === "data" && b.of === "data" && a.section === b.section && a.offset === b.offset;
}

type Decoded = BpfFunction["instructions"];
type Range = Extract<Value, { is: "range" }>;

/** The range as 32-bit values, if it fits. */
function within32({ from, to }: Range): Range | undefined {
  const [low, high] = [from & LOW, to & LOW];
  return to - from <= LOW && low <= high ? { is: "range", from: low, to: high } : undefined;
}

const signed = (value: bigint, width: number) => BigInt.asIntN(width, value);

function operand(instructions: Decoded, at: number, registers: readonly Value[]): Value {
  if ((instructions.opcode(at) & 8) !== 0) return registers[instructions.source(at)];
  return { is: "constant", value: BigInt.asUintN(64, BigInt(instructions.immediate(at))) };
}

function compute(instructions: Decoded, at: number, registers: readonly Value[]): Value {
  const opcode = instructions.opcode(at);
  const narrow = (opcode & 7) === 4;
  const operation = opcode >> 4;
  const left = registers[instructions.destination(at)];
  const right = operand(instructions, at, registers);
  const within = narrow ? LOW : ALL;
  const isRead = (value: Value) => value?.is === "read";
  if (operation === 0xb) {
    // Sign extensions and address space casts have a nonzero offset.
    if (instructions.offset(at) !== 0) return undefined;
    if (!narrow) return right;
    if (right?.is === "constant") return { is: "constant", value: right.value & LOW };
    if (right?.is === "range") return within32(right);
    if (right?.is !== "read") return undefined;
    return { ...right, bits: right.bits & LOW, free: right.free === "any" ? "any" : "none" };
  }
  if (left?.is === "constant" && right?.is === "constant") {
    const value = calculate(operation, left.value & within, right.value & within, narrow);
    return value === undefined ? undefined : { is: "constant", value: value & within };
  }
  if (left?.is === "stack" && (operation === 0 || operation === 1)) {
    if (operation === 1 || right?.is !== "constant" || left.offset === undefined) return { is: "stack" };
    return { is: "stack", offset: left.offset + Number(signed(right.value, 64)) };
  }
  if (left?.is === "address" && left.address.of === "data" && !narrow && operation === 0) {
    if (right?.is === "constant") {
      const offset = left.address.offset + Number(signed(right.value, 64));
      return { is: "address", address: { ...left.address, offset } };
    }
    // An unknown position in a section.
    if (isRead(right)) return { is: "read", at, bits: ALL, free: "none" };
    return undefined;
  }
  // Compilers zero-extend an int with these two shifts.
  if (left?.is === "range" && right?.is === "constant" && right.value === 32n && !narrow) {
    const low = within32(left);
    if (operation === 6) return low && { is: "range", from: low.from << 32n, to: low.to << 32n };
    if (operation === 7) return { is: "range", from: left.from >> 32n, to: left.to >> 32n };
    if (operation === 0xc && signed(left.from, 64) < 0n === signed(left.to, 64) < 0n)
      return { is: "range", from: shifted(left.from), to: shifted(left.to) };
  }
  if (left?.is === "read" && right?.is === "constant") {
    const free = left.free === "any" ? "any" : "none";
    const bits = left.bits & within;
    if (operation === 5) return { ...left, bits: bits & right.value & within, free };
    if (operation === 6 && right.value < 64n) return { ...left, bits: (bits << right.value) & within, free };
    if (operation === 7 && right.value < 64n) return { ...left, bits: bits >> right.value, free };
  }
  // Other arithmetic on values that are not stack addresses.
  if (isRead(left) && (isRead(right) || right?.is === "constant" || operation === 8 || operation === 0xd)) {
    const kernel = left?.is === "read" && left.kernel === "own" ? ({ kernel: "own" } as const) : undefined;
    return { is: "read", at, bits: within, free: "none", ...kernel };
  }
  return undefined;
}

const shifted = (value: bigint) => BigInt.asUintN(64, signed(value, 64) >> 32n);

/** Computes BPF_ADD, SUB, MUL, OR, AND, LSH, RSH, NEG, XOR or ARSH of constants. */
function calculate(operation: number, left: bigint, right: bigint, narrow: boolean): bigint | undefined {
  const width = narrow ? 32 : 64;
  const shift = right & BigInt(width - 1);
  switch (operation) {
    case 0:
      return BigInt.asUintN(64, left + right);
    case 1:
      return BigInt.asUintN(64, left - right);
    case 2:
      return BigInt.asUintN(64, left * right);
    case 4:
      return left | right;
    case 5:
      return left & right;
    case 6:
      return BigInt.asUintN(64, left << shift);
    case 7:
      return left >> shift;
    case 0xa:
      return left ^ right;
    case 0xc:
      return BigInt.asUintN(64, signed(left, width) >> shift);
    default:
      return undefined;
  }
}

/** Unsigned comparisons: JGT, JGE, JLT, JLE. */
const ORDER: ReadonlySet<number> = new Set([2, 3, 0xa, 0xb]);

/** Whether the verifier takes the fall-through and the jump of a branch. */
function branch(instructions: Decoded, at: number, registers: readonly Value[]): readonly [Reachability, Reachability] {
  const opcode = instructions.opcode(at);
  const operation = opcode >> 4;
  const width = (opcode & 7) === 6 ? 32 : 64;
  const left = registers[instructions.destination(at)];
  const right = operand(instructions, at, registers);
  if (right?.is !== "constant") return ["maybe", "maybe"];
  const limit = BigInt.asUintN(width, right.value);
  if (left?.is === "constant") {
    const jumps = compare(operation, BigInt.asUintN(width, left.value), limit, width);
    if (jumps === undefined) return ["maybe", "maybe"];
    return jumps ? ["never", "certain"] : ["certain", "never"];
  }
  if (left?.is === "range") {
    const range = width === 32 ? within32(left) : left;
    if (range === undefined) return ["maybe", "maybe"];
    const jumps = compare(operation, range.from, limit, width);
    const outside = limit < range.from || limit > range.to;
    const even = ORDER.has(operation) ? jumps === compare(operation, range.to, limit, width) : outside;
    if (!even || (!ORDER.has(operation) && operation !== 1 && operation !== 5)) return ["maybe", "maybe"];
    return jumps ? ["never", "certain"] : ["certain", "never"];
  }
  if (left?.is === "address" && limit === 0n && (operation === 1 || operation === 5)) {
    return operation === 1 ? ["certain", "never"] : ["never", "certain"];
  }
  if (left?.is !== "read" || left.free === "none") return ["maybe", "maybe"];
  const values = possible(left, limit, width);
  // For these values only zero or nonzero is known.
  if (left.free === "nonzero" && operation !== 1 && operation !== 5) return ["maybe", "maybe"];
  const results = new Set(values.map((value) => compare(operation, value, limit, width)));
  return [results.has(false) ? "certain" : "maybe", results.has(true) ? "certain" : "maybe"];
}

/** Samples of the values that a register can certainly have, with the minimum and maximum. */
function possible({ bits, free }: Extract<Value, { is: "read" }>, limit: bigint, width: number): bigint[] {
  if (free === "none") return [];
  if (free === "zero") return [0n];
  if (free === "nonzero") return limit === 0n ? [1n] : [];
  const within = BigInt.asUintN(width, bits);
  const sign = within & (1n << BigInt(width - 1));
  return [0n, within, within ^ sign, sign, limit, limit + 1n, limit - 1n].filter((value) => (value & within) === value);
}

function compare(operation: number, left: bigint, right: bigint, width: number): boolean | undefined {
  const [a, b] = [signed(left, width), signed(right, width)];
  switch (operation) {
    case 1:
      return left === right;
    case 2:
      return left > right;
    case 3:
      return left >= right;
    case 4:
      return (left & right) !== 0n;
    case 5:
      return left !== right;
    case 6:
      return a > b;
    case 7:
      return a >= b;
    case 0xa:
      return left < right;
    case 0xb:
      return left <= right;
    case 0xc:
      return a < b;
    case 0xd:
      return a <= b;
    default:
      return undefined;
  }
}
