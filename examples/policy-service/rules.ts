/** Rules: the format of the configuration, and its encoding for policy.bpf.c. */
import { statfsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { ConfigError } from "./failure";
import type { rule, rule_set } from "./policy.bpf";

export const HOOKS = ["exec", "open", "connect"] as const;
export type Hook = (typeof HOOKS)[number];

/** The values of policy.h. */
const MAX_RULES = 128;
const MAX_PATH = 255;
const Condition = { uid: 1, cgroup: 2, path: 4 } as const;
const NONE: rule = {
  ...{ cgroup: 0n, cgroup_depth: 0, uid: 0, hooks: 0, conditions: 0 },
  ...{ deny: 0, tell: 0, path_size: 0, path: "" },
};

const path = z
  .string()
  .refine((text) => text.startsWith("/") && `${posix.normalize(`${text}/`)}` === `${text.replace(/\/$/, "")}/`, {
    error: 'must be absolute, without "//", "." and ".."',
  })
  .refine((text) => !text.includes("\0") && Buffer.byteLength(text) <= MAX_PATH, {
    error: `must be no longer than ${MAX_PATH} bytes, without NUL`,
  });

export const Rule = z.strictObject({
  /** The rule's name in decisions, logs and the page. */
  name: z.string().min(1).max(64).optional(),
  action: z.enum(["allow", "deny"]),
  hooks: z.array(z.enum(HOOKS)).min(1),
  /** The process's user, in the host's numbering. */
  uid: z.int().min(0).max(0xffff_fffe).optional(),
  /** A file, or a directory and everything below it; for connect, the path of the program. */
  path: path.optional(),
  /** A cgroup, or one below it; relative to the root of cgroup2. */
  cgroup: path.optional(),
  /** Whether its decisions are reported; by default those of deny rules. */
  tell: z.boolean().optional(),
});
export type Rule = z.infer<typeof Rule>;

export const RuleSet = z.strictObject({
  mode: z.enum(["observe", "enforce"]).default("observe"),
  /** The verdict if a rule depends on a path that can't be resolved. */
  unresolved: z.enum(["allow", "deny"]).default("allow"),
  rules: z.array(Rule).max(MAX_RULES).default([]),
  /** Accept a rule set that denies root every operation of a kind. */
  force: z.boolean().default(false),
});
export type RuleSet = z.infer<typeof RuleSet>;

/** The differences between two sets: [before, after], with rules by their names, or as a whole. */
export interface Changes {
  mode?: [RuleSet["mode"], RuleSet["mode"]];
  unresolved?: [RuleSet["unresolved"], RuleSet["unresolved"]];
  added: (string | Rule)[];
  removed: (string | Rule)[];
}

export function changesOf(before: RuleSet, after: RuleSet): Changes {
  const without = (all: readonly Rule[], others: readonly Rule[]) =>
    all.filter((rule) => !others.some((other) => isDeepStrictEqual(rule, other))).map((rule) => rule.name ?? rule);
  return {
    ...(before.mode !== after.mode && { mode: [before.mode, after.mode] }),
    ...(before.unresolved !== after.unresolved && { unresolved: [before.unresolved, after.unresolved] }),
    added: without(after.rules, before.rules),
    removed: without(before.rules, after.rules),
  };
}

/** @throws {@link ConfigError} if there is no such cgroup */
export function findCgroup(path: string): { id: bigint; depth: number } {
  const CGROUP2_SUPER_MAGIC = 0x63677270;
  const root = "/sys/fs/cgroup";
  const depth = path.split("/").filter(Boolean).length;
  const stats = statSync(join(root, path), { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) throw new ConfigError(`there is no cgroup ${path}`);
  if (statfsSync(join(root, path)).type !== CGROUP2_SUPER_MAGIC)
    throw new ConfigError(`${root} is not in a cgroup2 file system`);
  return { id: stats.ino, depth };
}

/**
 * Encodes the set for the kernel.
 *
 * @throws {@link ConfigError} for a set that locks root out without "force", and for a missing cgroup
 */
export function compile({ mode, unresolved, rules, force }: RuleSet, cgroupOf = findCgroup): rule_set {
  if (!force) refuseLockOut(rules);
  const compiled = rules.map((rule, index): rule => {
    const { uid, path, cgroup, action, tell = action === "deny" } = rule;
    const found = cgroup === undefined ? undefined : within(`rules[${index}]`, () => cgroupOf(cgroup));
    const prefix = (path ?? "").replace(/\/$/, "");
    return {
      cgroup: found?.id ?? 0n,
      cgroup_depth: found?.depth ?? 0,
      uid: uid ?? 0,
      hooks: bits(rule.hooks),
      conditions:
        (uid === undefined ? 0 : Condition.uid) |
        (cgroup === undefined ? 0 : Condition.cgroup) |
        (prefix === "" ? 0 : Condition.path),
      deny: Number(action === "deny"),
      tell: Number(tell),
      path_size: Buffer.byteLength(prefix),
      path: prefix,
    };
  });
  return {
    hooks: bits(rules.flatMap(({ hooks }) => hooks)),
    count: rules.length,
    enforcing: Number(mode === "enforce"),
    deny_unresolved: Number(unresolved === "deny"),
    rules: [...compiled, ...Array<rule>(MAX_RULES - rules.length).fill(NONE)],
  };
}

function bits(hooks: readonly Hook[]): number {
  return hooks.reduce((all, hook) => all | (1 << HOOKS.indexOf(hook)), 0);
}

/** Without exec, open or connect, root can't repair a mistake. */
function refuseLockOut(rules: readonly Rule[]): void {
  const isWhole = (path: string | undefined) => path === undefined || path === "/";
  for (const hook of HOOKS) {
    const index = rules.findIndex(
      ({ hooks, uid = 0, path, cgroup }) => hooks.includes(hook) && uid === 0 && isWhole(path) && isWhole(cgroup),
    );
    if (rules[index]?.action !== "deny") continue;
    throw new ConfigError(`rules[${index}] denies root each ${hook} that no earlier rule allows: set "force": true`);
  }
}

function within<T>(place: string, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw new ConfigError(`${place}: ${(error as Error).message}`, { cause: error });
  }
}
