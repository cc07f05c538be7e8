/** What a program calls, in all functions that it reaches, and whether the verifier is certain to see it. */
import type { CallFacts } from "../sleepable/verdict";
import type { BpfFunction, Callee } from "./functions";

/** What a program's instructions name. */
export interface Reach {
  /** Maps by name; those of variables by their section's. */
  maps: string[];
  helpers: CallFacts[];
  kfuncs: CallFacts[];
}

/** How a function is come to. */
interface Visit {
  fn: BpfFunction;
  /** The verifier is certain to come. */
  certain: boolean;
  /** Constants may decide its branches. */
  decidable: boolean;
}

/**
 * Walks from a program's first instruction. The verifier follows both sides of a branch on data of run time, and one side
 * of a branch on a constant. So a call is certain if no path misses it, or if there is nothing in reach that is constant
 * only from load on: what was constant before that, the compiler decided. (A static function with a constant argument is
 * what it leaves undecided.)
 *
 * Maps are those of all instructions: the kernel looks at them before it drops what is never run
 * (resolve_pseudo_ldimm64() in kernel/bpf/verifier.c), and libbpf appends the functions of calls never run too.
 */
export function reachOf(program: BpfFunction): Reach {
  const appended = closure(program);
  const constants = appended.some((fn) => fn.constants);
  const throws = appended.some((fn) => fn.calls.some(({ name }) => name === "bpf_throw"));
  const helpers = new Map<string, boolean>();
  const kfuncs = new Map<string, boolean>();
  const visited = new Map<BpfFunction, Set<string>>();
  const open: Visit[] = [{ fn: program, certain: true, decidable: constants }];

  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    const { fn, certain, decidable } = visit;
    const before = visited.get(fn) ?? new Set();
    visited.set(fn, before);
    const state = `${certain} ${decidable}`;
    if (before.has(state)) continue;
    before.add(state);

    const { reached } = fn.instructions.walk();
    // What throws ends the program in the middle of a path.
    const sees = (sites: readonly { at: number }[]) =>
      certain && (!decidable || (!throws && !fn.instructions.walk(new Set(sites.map(({ at }) => at))).exits));
    const isReached = ({ at }: { at: number }) => reached[at] === 1;

    for (const [name, calls] of grouped(fn.calls.filter(isReached), (call) => call.name)) {
      const list = calls.some(({ kfunc }) => kfunc) ? kfuncs : helpers;
      list.set(name, (list.get(name) ?? true) && !sees(calls));
    }
    for (const [target, sites] of grouped(fn.callees.filter(isReached), (callee) => callee.target)) {
      // Whoever takes a callback decides whether to call it.
      const calls = sites.filter(({ callback }) => !callback);
      const seen = decidable ? calls.length > 0 && sees(calls) : certain;
      const isConstant = ({ at, callback }: Callee) => !callback && fn.instructions.hasConstantArgument(at);
      const argument = decidable ? sites.some(isConstant) : sites.every(isConstant);
      open.push({ fn: target, certain: seen, decidable: constants || (!target.global && (decidable || argument)) });
    }
  }
  const maps = new Set(appended.flatMap((fn) => [...fn.maps]));
  return { maps: [...maps], helpers: callFacts(helpers), kfuncs: callFacts(kfuncs) };
}

/** A function and all that its instructions name, at any depth. */
function closure(program: BpfFunction): BpfFunction[] {
  const found = new Set([program]);
  for (const fn of found) for (const { target } of fn.callees) found.add(target);
  return [...found];
}

function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function callFacts(calls: ReadonlyMap<string, boolean>): CallFacts[] {
  return Array.from(calls, ([name, conditional]) => ({ name, conditional }));
}
