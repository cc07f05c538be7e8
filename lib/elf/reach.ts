/** What a program references and calls, without following its paths: calls.ts does that. */
import type { CallFacts, RegionFacts } from "../verdict";
import type { Constants } from "./control-flow";
import type { CoreRelocation } from "./core-relocations";
import { type BpfFunction, mapOf } from "./functions";
import { ENTERS } from "./regions";

/** What a program's instructions reference. */
export interface Reach {
  /**
   * Referenced maps by name; variables by the name of their section. The kernel resolves all of them, before it removes
   * dead code.
   */
  maps: string[];
  /** Referenced maps that load() does not create. */
  missing: CallFacts[];
  /** CO-RE relocations to fields and types that the kernel does not have. */
  unresolved: CallFacts[];
  /** Whether it reads kernel structs; undefined if not. */
  readsKernel: { conditional: boolean } | undefined;
  helpers: CallFacts[];
  kfuncs: CallFacts[];
  /** Functions called in a region where sleeping is not allowed; static functions only under a lock. */
  functions: CallFacts[];
  /** Faults in the use of regions where sleeping is not allowed. */
  regions: RegionFacts[];
}

/** What the caller wants to know about a program. */
export interface Questions {
  /** Names the target of a relocation. */
  describe(relocation: CoreRelocation): string;
  /** Whether to look for reads of kernel structs. These matter only for the licence. */
  lookForReads: boolean;
}

/**
 * What a program could reach at most, as if every instruction of the functions that it names were certain to be reached:
 * a fraction of the work of reachOf(). Undefined if it matters where the calls stand, or what the constants decide.
 */
export function reachAtMost(program: BpfFunction, constants: Constants, questions: Questions): Reach | undefined {
  const named = closure(program);
  const [helpers, kfuncs, maps] = [new Calls(), new Calls(), new Set<string>()];
  for (const fn of named) {
    for (const address of fn.addresses.values()) {
      const map = mapOf(address);
      if (address.of === "function" || (map !== undefined && !constants.isCreated(map))) return undefined;
      if (map !== undefined) maps.add(map);
    }
    for (const relocation of fn.relocations.values()) if (constants.core(relocation) === "none") return undefined;
    for (const { name, kfunc, weak, prototype } of fn.calls.values()) {
      if (Object.hasOwn(ENTERS, name)) return undefined;
      const changed = prototype !== undefined && constants.isChanged(name, prototype);
      (kfunc ? kfuncs : helpers).add({ name, conditional: false, ...(weak && { weak }), ...(changed && { changed }) });
    }
  }
  const none = { missing: [], unresolved: [], functions: [], regions: [] };
  const readsKernel = questions.lookForReads ? { conditional: false } : undefined;
  return { ...none, maps: [...maps], readsKernel, helpers: helpers.list(), kfuncs: kfuncs.list() };
}

/** Calls by name and region. */
export class Calls {
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

/** A function and all functions it references, at any depth. libbpf also appends those whose call is never reached. */
export function closure(program: BpfFunction): BpfFunction[] {
  const found = new Set([program]);
  for (const fn of found) {
    for (const target of fn.callees.values()) found.add(target);
    for (const address of fn.addresses.values()) if (address.of === "function") found.add(address.target);
  }
  return [...found];
}
