/** What a program can be attached to that may sleep: kinds, and the names that a kernel has for each. */
import { given } from "../kernel/fact";
import type { KernelFacts, ProbedKind } from "../kernel/kernel-facts";
import { SYSTEM_CALL } from "../kernel/system-calls";
import { parseSection } from "../kinds";
import { anyString, checkArgument, object, oneOf, required } from "../options";
import type { ProgramFacts } from "../verdict";
import { kernelFacts } from "./judged-kernel";
import { KNOWN_HOOKS, NOT_HOOKS } from "./lsm-hooks";
import { ITERATORS } from "./rules-iter";

interface KindFacts {
  /** What a section for it begins with. */
  section: string;
  /** What can be asked by loading; an iterator is refused only when it is attached. */
  probed?: ProbedKind;
  /** Where no list is known, of every kernel there was; in the order in which they are shown. */
  names(facts: KernelFacts): Iterable<string>;
  /** Names that are there, and not worth listing: all functions of the kernel. */
  more?(facts: KernelFacts): readonly string[];
}

const kinds = {
  lsm: {
    section: "lsm.s",
    probed: "lsm",
    names: ({ lsmHooks }) => Array.from(given(lsmHooks) ?? KNOWN_HOOKS).filter((name) => !NOT_HOOKS.has(name)),
  },
  iter: {
    section: "iter.s",
    names: ({ iterators }) => given(iterators) ?? [...ITERATORS.keys()].sort(),
  },
  tracing: {
    section: "fentry.s",
    probed: "fentry",
    names: sleepableFunctions,
    more: ({ functions }) => given(functions) ?? [],
  },
  tp: { section: "tp_btf.s", probed: "tp_btf", names: ({ tracepoints }) => given(tracepoints) ?? [] },
} as const satisfies Record<string, KindFacts>;

/** Of {@link Hook}s: LSM hooks, iterators, functions for fentry, fexit and fmod_ret, tracepoints. */
export type HookKind = keyof typeof kinds;
/** @internal */
export const HOOK_KINDS: Readonly<Record<HookKind, KindFacts>> = kinds;

/** What a sleepable program can be attached to. */
export interface Hook {
  kind: HookKind;
  name: string;
}

/**
 * What there is on a kernel for sleepable programs to be attached to, whether it may sleep there or not: {@link judge} tells, of the
 * {@link hookProgram} of each. Where a kernel's own lists are not known, all that any kernel ever had.
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

/** The facts of a program that does nothing but sleep there. */
export function hookProgram(hook: Hook): ProgramFacts {
  checkArgument({ name: "hookProgram", details: { operation: "hooks" } }, "hook", hook, HOOK);
  const { kind, name } = hook;
  const section = `${kinds[kind].section}/${name}`;
  const { kind: programKind, type = 0, attachType = 0 } = parseSection(section, 0);
  return {
    ...{ name, section, kind: programKind, type, attachType, target: name, sleepable: true, license: "GPL" },
    ...{ maps: [], helpers: [], kfuncs: [] },
  };
}

/** Those that may be: system calls, functions that errors may be injected into, and those that a kernel was asked about. */
function sleepableFunctions({ functions, errorInjection, probed: measured }: KernelFacts): Iterable<string> {
  const all = given(functions);
  const answers = Object.entries(given(measured) ?? {}).filter(([kind]) => kind.startsWith("f"));
  const asked = answers.flatMap(([, { accepted, refused }]) => [...accepted, ...refused]);
  const names = new Set([...(all ?? []).filter((name) => SYSTEM_CALL.test(name)), ...asked]);
  // The list has other names of its functions too, which BTF may not have.
  const traceable = all && new Set(all);
  for (const name of given(errorInjection) ?? []) if (traceable?.has(name) ?? true) names.add(name);
  return [...names].sort();
}
