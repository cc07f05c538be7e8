/** Attach targets of sleepable programs: the kinds, and the names on a kernel. */
import { given } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import { SYSTEM_CALL } from "../kernel/system-calls";
import type { KnownKind } from "../kinds";
import { anyString, checkArgument, object, oneOf, required } from "../options";
import { parseSection } from "../section-names";
import type { ProgramFacts } from "../verdict";
import { kernelFacts } from "./judged-kernel";
import { KNOWN_HOOKS, NOT_HOOKS } from "./lsm-hooks";
import { ITERATORS } from "./rules-iter";

interface KindFacts {
  /** The kind of the program to judge or probe. */
  program: KnownKind;
  /** The names to list, in order. If the kernel's own list is unknown, those of all kernels. */
  names(facts: KernelFacts): Iterable<string>;
  /** Names that exist but are not listed: all functions of the kernel. */
  more?(facts: KernelFacts): readonly string[];
}

const kinds = {
  lsm: {
    program: "lsm",
    names: ({ lsmHooks }) => Array.from(given(lsmHooks) ?? KNOWN_HOOKS).filter((name) => !NOT_HOOKS.has(name)),
  },
  iter: {
    program: "iter",
    names: ({ iterators }) => given(iterators) ?? [...ITERATORS.keys()].sort(),
  },
  tracing: {
    program: "fentry",
    names: sleepableFunctions,
    more: ({ functions }) => given(functions) ?? [],
  },
  tp: { program: "tp_btf", names: ({ tracepoints }) => given(tracepoints) ?? [] },
} as const satisfies Record<string, KindFacts>;

/** The kind of a {@link Hook}: LSM hooks, iterators, functions for fentry, fexit and fmod_ret, tracepoints. */
export type HookKind = keyof typeof kinds;
/** @internal */
export const HOOK_KINDS: Readonly<Record<HookKind, KindFacts>> = kinds;

/** An attach target of sleepable programs. */
export interface Hook {
  /** The kind of target. */
  kind: HookKind;
  /** The target's name, without prefix. */
  name: string;
}

/**
 * The attach targets on a kernel that sleepable programs could use. Whether they may sleep is decided by {@link judge}
 * with the {@link hookProgram} of each. If the kernel's own lists are unknown, the targets of all kernels.
 *
 * @throws {@link ArgumentError} for invalid facts
 */
export function hooks(kernel: KernelFacts): Hook[] {
  checkArgument({ name: "hooks", details: { operation: "hooks" } }, "kernel", kernel, kernelFacts);
  return (Object.keys(kinds) as HookKind[]).flatMap((kind) =>
    Array.from(HOOK_KINDS[kind].names(kernel), (name) => ({ kind, name })),
  );
}

const HOOK = object<Hook>(
  { kind: required(oneOf(...(Object.keys(kinds) as HookKind[]))), name: required(anyString) },
  { open: true },
);

/**
 * The facts of an empty sleepable program for a target, as input of {@link judge}.
 *
 * @throws {@link ArgumentError} for an invalid hook
 */
export function hookProgram(hook: Hook): ProgramFacts {
  checkArgument({ name: "hookProgram", details: { operation: "hooks" } }, "hook", hook, HOOK);
  const { kind, name } = hook;
  const section = `${kinds[kind].program}.s/${name}`;
  const { kind: programKind, type = 0, attachType = 0 } = parseSection(section, 0);
  return {
    ...{ name, section, kind: programKind, type, attachType, target: name, sleepable: true, license: "GPL" },
    ...{ maps: [], helpers: [], kfuncs: [] },
  };
}

/** Functions that may be able to sleep: system calls, functions with error injection, and measured functions. */
function sleepableFunctions({ functions, errorInjection, probed: measured }: KernelFacts): Iterable<string> {
  const all = given(functions);
  const answers = Object.entries(given(measured) ?? {}).filter(([kind]) => kind.startsWith("f"));
  const asked = answers.flatMap(([, { accepted, refused }]) => [...accepted, ...refused]);
  const names = new Set([...(all ?? []).filter((name) => SYSTEM_CALL.test(name)), ...asked]);
  // The error injection list also has aliases, which BTF may lack.
  const traceable = all && new Set(all);
  for (const name of given(errorInjection) ?? []) if (traceable?.has(name) ?? true) names.add(name);
  return [...names].sort();
}
