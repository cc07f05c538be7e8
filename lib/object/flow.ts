/**
 * What a function's registers hold at each instruction, which way its branches go, and what it holds a lock on meanwhile: as
 * far as the kernel's verifier is certain to know it too (kernel/bpf/verifier.c, do_check()). It knows more than this does.
 */
import { type Address, type BpfFunction, mapOf } from "./functions";

/** What is constant from load on. Undefined: not known here. */
export interface Constants {
  /** An integer of a read-only section. */
  data(section: string, offset: number, size: number): bigint | undefined;
  /** An extern of the kernel's configuration: the least and the greatest that it may be. */
  kconfig(name: string): readonly [bigint, bigint] | undefined;
  /** Whether the kernel has a function. */
  symbol(name: string): boolean | undefined;
  /** Whether load() makes a map. */
  isCreated(map: string): boolean;
  /** A map's type, in lower case. */
  mapType(map: string): string | undefined;
}

/**
 * What a register holds; undefined: anything. `read`: a value of run time, at the instruction that read it, that is not the
 * stack's address. Its zero bits are zero. `free` says what it may surely be, and the verifier knows no better.
 */
export type Value =
  | undefined
  | { is: "constant"; value: bigint }
  | { is: "range"; from: bigint; to: bigint }
  | { is: "stack" }
  | { is: "address"; address: Address }
  | { is: "read"; at: number; bits: bigint; free: "any" | "zero" | "nonzero" | "none" };

/** Regions where nothing may sleep: how deep the program is in each; undefined where paths to here differ. */
export interface Regions {
  readonly rcu: number | undefined;
  readonly preempt: number | undefined;
  readonly irq: number | undefined;
  readonly lock: number | undefined;
}

export type Region = keyof Regions;

/** How a function is entered. */
export interface Entry {
  /** r1 to r5. */
  readonly arguments: readonly Value[];
  readonly regions: Regions;
}

interface State {
  registers: Value[];
  regions: Regions;
}

/** Whether the verifier goes one way of a branch. */
type Way = "certain" | "maybe" | "never";

export const OUTSIDE: Regions = { rcu: 0, preempt: 0, irq: 0, lock: 0 };
export const REGIONS = Object.keys(OUTSIDE) as readonly Region[];

const REGISTERS = 11;
const ALL = (1n << 64n) - 1n;
const LOW = (1n << 32n) - 1n;

const ENTERS: Readonly<Record<string, readonly [Region, number]>> = {
  bpf_rcu_read_lock: ["rcu", 1],
  bpf_rcu_read_unlock: ["rcu", -1],
  bpf_preempt_disable: ["preempt", 1],
  bpf_preempt_enable: ["preempt", -1],
  bpf_local_irq_save: ["irq", 1],
  bpf_local_irq_restore: ["irq", -1],
  bpf_spin_lock: ["lock", 1],
  bpf_spin_unlock: ["lock", -1],
};
/** Whether these got their lock, only a branch tells. */
const TRIES: ReadonlySet<string> = new Set(["bpf_res_spin_lock", "bpf_res_spin_lock_irqsave"]);
const GIVES_UP: ReadonlySet<string> = new Set(["bpf_res_spin_unlock", "bpf_res_spin_unlock_irqrestore"]);

/** Helpers that return any 64 bits, of which the verifier knows nothing. */
const ANYTHING: ReadonlySet<string> = new Set(
  "bpf_get_current_pid_tgid bpf_get_current_uid_gid bpf_get_current_cgroup_id bpf_get_prandom_u32 bpf_ktime_get_ns bpf_ktime_get_boot_ns bpf_ktime_get_coarse_ns bpf_jiffies64 bpf_get_attach_cookie bpf_get_func_ip".split(
    " ",
  ),
);
/** Helpers that return an address or null: where it is null, the verifier may know better. */
const ADDRESSES =
  /^bpf_(map_lookup_\w+|ringbuf_reserve|\w+_storage_get|get_current_task_btf|get_local_storage|sk\w*_lookup_\w+|skc_\w+|sk_fullsock|tcp_sock|kptr_xchg|dynptr_data|per_cpu_ptr|this_cpu_ptr|task_pt_regs|sock_from_file|get_listener_sock|iter_\w+_next)$/;
/** Helpers whose result the verifier knows within bounds, zero among them. */
const BOUNDED =
  /^bpf_(get_stack|get_task_stack|probe_read\w*|copy_from_user\w*|map_\w+_elem|get_smp_processor_id|get_numa_node_id|perf_event_output|ringbuf_output|d_path|get_current_comm|timer_\w+|loop|for_each_map_elem)$/;

/** A function, entered in one way. */
export class Flow {
  readonly #fn: BpfFunction;
  readonly #constants: Constants;
  /** States before instructions; none before those that are never reached. */
  readonly #before: (State | undefined)[];
  /** Where no path goes on: what throws, or names a map that is not made. */
  readonly #ends: (at: number) => boolean;
  /** What a call of a function of the program leaves behind. */
  readonly #after: (callee: BpfFunction, entry: Entry) => Regions;
  /** Regions at its exits. */
  exits: Regions | undefined;

  constructor(
    fn: BpfFunction,
    entry: Entry,
    constants: Constants,
    after: (callee: BpfFunction, entry: Entry) => Regions,
  ) {
    this.#fn = fn;
    this.#constants = constants;
    this.#after = after;
    this.#before = new Array(fn.instructions.length);
    this.#ends = (at) => fn.calls.get(at)?.name === "bpf_throw" || this.isPoisoned(at);
    const registers: Value[] = new Array(REGISTERS).fill(undefined);
    for (const [index, value] of entry.arguments.entries()) registers[index + 1] = value;
    registers[10] = { is: "stack" };
    this.#settle({ registers, regions: entry.regions });
  }

  reaches(at: number): boolean {
    return this.#before[at] !== undefined;
  }

  regionsAt(at: number): Regions {
    return this.#before[at]?.regions ?? OUTSIDE;
  }

  /** What a call is passed in r1 … r5. */
  argumentsAt(at: number): Value[] {
    return this.#before[at]?.registers.slice(1, 6) ?? [];
  }

  /** libbpf makes the load of such an address a call that no kernel takes (poison_map_ldimm64()). */
  isPoisoned(at: number): boolean {
    const address = this.#fn.addresses.get(at);
    const map = address && mapOf(address);
    return map !== undefined && !this.#constants.isCreated(map);
  }

  /**
   * Whether the verifier is certain to come to one of these instructions: from the entry, or from where it may go two ways and
   * both lead there.
   */
  sees(sites: readonly number[], mayThrow: (callee: BpfFunction) => boolean): boolean {
    const wanted = new Set(sites);
    const certain = new Set([0]);
    const forks: number[] = [0];
    for (const at of certain) {
      if (wanted.has(at)) return true;
      if (!this.reaches(at) || this.#ends(at)) continue;
      const callee = this.#fn.callees.get(at);
      if (callee !== undefined && mayThrow(callee)) continue;
      const ways = this.#ways(at);
      const sure = ways.filter(([, way]) => way === "certain");
      for (const [next] of sure) certain.add(next);
      if (sure.length < ways.length) forks.push(at);
    }
    const throws = [...this.#fn.callees.values()].some(mayThrow);
    return !throws && forks.some((at) => this.#allLeadTo(at, wanted));
  }

  /** True if no path from an instruction comes to an end past the wanted ones. */
  #allLeadTo(from: number, wanted: ReadonlySet<number>): boolean {
    const seen = new Set([from]);
    for (const at of seen) {
      if (wanted.has(at)) continue;
      if (!this.reaches(at) || this.#ends(at) || this.#fn.instructions.isExit(at)) return false;
      for (const [next, way] of this.#ways(at)) if (way !== "never") seen.add(next);
    }
    return true;
  }

  #settle(first: State): void {
    if (this.#fn.instructions.length === 0) return;
    this.#before[0] = first;
    const open = new Set([0]);
    for (const at of open) {
      open.delete(at);
      const state = this.#before[at];
      if (state === undefined || this.#ends(at)) continue;
      if (this.#fn.instructions.isExit(at)) {
        this.exits = this.exits === undefined ? state.regions : joinRegions(this.exits, state.regions);
        continue;
      }
      const after = this.#step(at, state);
      for (const [next, way] of this.#ways(at)) {
        // A jump out of the function is the kernel's to refuse.
        if (way === "never" || next < 0 || next >= this.#fn.instructions.length) continue;
        const before = this.#before[next];
        const joined = before === undefined ? after : join(before, after);
        if (joined === before) continue;
        this.#before[next] = joined;
        open.add(next);
      }
    }
  }

  /** Where control goes, and whether it does. */
  #ways(at: number): [number, Way][] {
    const { instructions } = this.#fn;
    const next = instructions.next(at);
    if (!instructions.isConditionalJump(at)) return next.map((to) => [to, next.length === 1 ? "certain" : "maybe"]);
    const state = this.#before[at];
    const [falls, jumps] =
      state === undefined ? (["maybe", "maybe"] as const) : branch(instructions, at, state.registers);
    return [
      [next[0] as number, falls],
      [next[1] as number, jumps],
    ];
  }

  #step(at: number, { registers: before, regions }: State): State {
    const { instructions, calls, callees } = this.#fn;
    const registers = [...before];
    const opcode = instructions.opcode(at);
    const destination = instructions.destination(at);
    const family = opcode & 7;
    if (instructions.isCall(at)) {
      const call = calls.get(at);
      const callee = callees.get(at);
      const entry = { arguments: before.slice(1, 6), regions };
      const passed = before.slice(1, 6);
      for (let register = 0; register <= 5; register++) registers[register] = undefined;
      if (call !== undefined) {
        registers[0] = resultOf(call.name, at);
        return { registers, regions: regionsAfter(call.name, regions) };
      }
      // What it was passed, it may have looked at.
      for (const value of passed) if (value?.is === "read") tell(registers, value.at);
      return { registers, regions: callee === undefined || callee.global ? regions : this.#after(callee, entry) };
    }
    if (instructions.isConditionalJump(at)) {
      for (const register of [destination, instructions.source(at)]) {
        const value = before[register];
        if (value?.is === "read") tell(registers, value.at);
      }
    } else if (instructions.isAddressLoad(at)) registers[destination] = this.#address(at);
    else if (family === 1) registers[destination] = this.#load(at, before[instructions.source(at)]);
    else if (family === 4 || family === 7) registers[destination] = compute(instructions, at, before);
    else if (family === 3 && opcode >> 5 === 6) {
      // Atomic operations that fetch.
      registers[instructions.source(at)] = undefined;
      registers[0] = undefined;
    }
    if (this.#fn.unsettled.has(at) && family !== 1) registers[destination] = undefined;
    return { registers, regions };
  }

  #address(at: number): Value {
    const address = this.#fn.addresses.get(at);
    if (address === undefined) return { is: "constant", value: this.#fn.instructions.wideImmediate(at) };
    if (address.of === "symbol") {
      const there = !address.weak || (address.callable ? this.#constants.symbol(address.name) : undefined);
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
    // Of eight bytes, that may be an address which the verifier trusts.
    return {
      is: "read",
      at,
      bits: plain ? widthOf(size) : ALL,
      free: !plain ? "none" : size === 8 ? "nonzero" : "any",
    };
  }
}

/** Of values that several instructions may have read. */
const NOWHERE = -1;

const widthOf = (size: number) => (1n << BigInt(8 * size)) - 1n;

/** A value was looked at: what it may be now, the verifier knows better. */
function tell(registers: Value[], at: number): void {
  for (const [index, value] of registers.entries()) {
    if (value?.is === "read" && value.at === at) registers[index] = { ...value, free: "none" };
  }
}

function resultOf(name: string, at: number): Value {
  const read = (free: "any" | "zero" | "nonzero"): Value => ({ is: "read", at, bits: ALL, free });
  if (ANYTHING.has(name)) return read("any");
  if (ADDRESSES.test(name)) return read("nonzero");
  return BOUNDED.test(name) ? read("zero") : undefined;
}

function regionsAfter(name: string, regions: Regions): Regions {
  if (TRIES.has(name)) return { ...regions, lock: undefined };
  if (GIVES_UP.has(name)) return { ...regions, lock: 0 };
  const [region, change] = ENTERS[name] ?? [];
  if (region === undefined || change === undefined) return regions;
  const depth = regions[region];
  return { ...regions, [region]: depth === undefined ? undefined : Math.max(0, depth + change) };
}

function joinRegions(one: Regions, other: Regions): Regions {
  if (REGIONS.every((region) => one[region] === other[region])) return one;
  const joined = REGIONS.map((region) => [region, one[region] === other[region] ? one[region] : undefined]);
  return Object.fromEntries(joined) as unknown as Regions;
}

/** The first, if the other adds nothing to it. */
function join(one: State, other: State): State {
  const regions = joinRegions(one.regions, other.regions);
  let same = regions === one.regions;
  const registers = one.registers.map((value, index) => {
    const joined = joinValues(value, other.registers[index]);
    if (joined !== value) same = false;
    return joined;
  });
  return same ? one : { registers, regions };
}

function joinValues(one: Value, other: Value): Value {
  if (one === undefined || other === undefined) return undefined;
  if (isSame(one, other)) return one;
  if (one.is === "read" && other.is === "read") {
    const at = one.at === other.at ? one.at : NOWHERE;
    const joined: Value = { is: "read", at, bits: one.bits | other.bits, free: "none" };
    return isSame(one, joined) ? one : joined;
  }
  // An address that may be null is none of the stack's.
  return undefined;
}

function isSame(one: NonNullable<Value>, other: NonNullable<Value>): boolean {
  if (one.is === "constant") return other.is === "constant" && one.value === other.value;
  if (one.is === "stack") return other.is === "stack";
  if (one.is === "range") return other.is === "range" && one.from === other.from && one.to === other.to;
  if (one.is === "read")
    return other.is === "read" && one.at === other.at && one.bits === other.bits && one.free === other.free;
  if (other.is !== "address") return false;
  const [a, b] = [one.address, other.address];
  if (a === b) return true;
  return a.of === "data" && b.of === "data" && a.section === b.section && a.offset === b.offset;
}

type Decoded = BpfFunction["instructions"];

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
    // Sign extension and casts of address spaces have an offset.
    if (instructions.offset(at) !== 0) return undefined;
    if (!narrow) return right;
    if (right?.is === "constant") return { is: "constant", value: right.value & LOW };
    if (right?.is === "range" && right.to <= LOW) return right;
    if (right?.is !== "read") return undefined;
    return { ...right, bits: right.bits & LOW, free: right.free === "any" ? "any" : "none" };
  }
  if (left?.is === "constant" && right?.is === "constant") {
    const value = calculate(operation, left.value & within, right.value & within, narrow);
    return value === undefined ? undefined : { is: "constant", value: value & within };
  }
  if (left?.is === "stack" && (operation === 0 || operation === 1)) return left;
  if (left?.is === "address" && left.address.of === "data" && !narrow && operation === 0) {
    if (right?.is === "constant") {
      const offset = left.address.offset + Number(signed(right.value, 64));
      return { is: "address", address: { ...left.address, offset } };
    }
    // Somewhere in a section, where nothing is known.
    if (isRead(right)) return { is: "read", at, bits: ALL, free: "none" };
    return undefined;
  }
  if (left?.is === "read" && right?.is === "constant") {
    const free = left.free === "any" ? "any" : "none";
    const bits = left.bits & within;
    if (operation === 5) return { ...left, bits: bits & right.value & within, free };
    if (operation === 6 && right.value < 64n) return { ...left, bits: (bits << right.value) & within, free };
    if (operation === 7 && right.value < 64n) return { ...left, bits: bits >> right.value, free };
  }
  // Any other arithmetic of values that are not the stack's.
  if (isRead(left) && (isRead(right) || right?.is === "constant" || operation === 8 || operation === 0xd)) {
    return { is: "read", at, bits: within, free: "none" };
  }
  return undefined;
}

/** BPF_ADD, SUB, MUL, OR, AND, LSH, RSH, NEG, XOR, ARSH of constants. */
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

/** Unsigned JGT, JGE, JLT, JLE. */
const ORDER: ReadonlySet<number> = new Set([2, 3, 0xa, 0xb]);

/** Whether the verifier falls through a branch, and whether it jumps. */
function branch(instructions: Decoded, at: number, registers: readonly Value[]): readonly [Way, Way] {
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
    const jumps = compare(operation, left.from, limit, width);
    const even = ORDER.has(operation) && jumps === compare(operation, left.to, limit, width);
    if (!even) return ["maybe", "maybe"];
    return jumps ? ["never", "certain"] : ["certain", "never"];
  }
  if (left?.is === "address" && limit === 0n && (operation === 1 || operation === 5)) {
    return operation === 1 ? ["certain", "never"] : ["never", "certain"];
  }
  if (left?.is !== "read") return ["maybe", "maybe"];
  const values = possible(left, limit, width);
  // Zero or not is all that is known of these.
  if (left.free === "nonzero" && operation !== 1 && operation !== 5) return ["maybe", "maybe"];
  const results = new Set(values.map((value) => compare(operation, value, limit, width)));
  return [results.has(false) ? "certain" : "maybe", results.has(true) ? "certain" : "maybe"];
}

/** Some values that a register may surely have, those at the edges among them. */
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
