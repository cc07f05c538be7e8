/** The policy in the kernel: loads it or opens its pins, changes its rules, and reads its decisions. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import {
  ArrayMap,
  type BpfObject,
  BtfKind,
  kernelBtf,
  type Migrate,
  Policy as Pinned,
  type Program,
} from "node-libbpf";
import { ConfigError, HostError } from "./failure";
import { type counters, type decision, open, type policy, type Policy as Shape } from "./policy.bpf";
import { type Changes, changesOf, compile, findCgroup, HOOKS, type Hook, type RuleSet } from "./rules";

/** The names in policy.bpf.c. */
const BUFFERS_PER_CPU = 8;
const PROGRAMS = { exec: "check_exec", open: "check_open", connect: "check_connect" } as const;
const OBJECT = join(__dirname, "policy.bpf.o");
/** Number of generations whose rule names are kept: the ring may contain decisions of earlier generations. */
const GENERATIONS = 64;

export interface PolicyOptions {
  hooks: readonly Hook[];
  /** The required hooks. */
  require: readonly Hook[];
  /** Directory in bpffs. */
  pin?: string | undefined;
  /** The rules that the policy begins with. */
  rules: RuleSet;
}

/** A hook that this kernel does not support, and why. */
export interface Missing {
  hook: Hook;
  why: string;
}

/** A summary of the policy in force. */
export interface InForce {
  generation: number;
  mode: RuleSet["mode"];
  /** Number of rules. */
  rules: number;
}

export class Policy implements AsyncDisposable {
  readonly #object: BpfObject<Shape>;
  /** The service's view of the shared state; see policy.h. */
  readonly #shared: policy;
  readonly #generation: BigUint64Array;
  /** The counters that programs share with the service. */
  readonly #counters: counters;
  #pinned: Pinned<Shape> | undefined;
  readonly #names = new Map<bigint, readonly (string | undefined)[]>();
  /** Called when other rules take effect. */
  onApplied: () => void = () => {};
  /** The policy in force. */
  rules: RuleSet = { mode: "observe", unresolved: "allow", rules: [], force: false };

  private constructor(
    object: BpfObject<Shape>,
    readonly missing: readonly Missing[],
    private readonly options: PolicyOptions,
  ) {
    const { policies } = object.maps;
    this.#object = object;
    this.#shared = policies.view(0);
    this.#generation = policies.mmap(BigUint64Array).subarray(0, 1);
    this.#counters = object.maps.counters.view(0);
  }

  /**
   * Loads the programs, and puts rules in force. Without `pin` the programs are attached by {@link attach}; with it they
   * are at the end, in place of those of a former process.
   *
   * @throws {@link HostError} if the kernel does not support a required hook
   */
  static async load(options: PolicyOptions): Promise<Policy> {
    refuseOtherNamespace();
    const { pin } = options;
    const spec = open();
    for (const hook of HOOKS) spec.programs[PROGRAMS[hook]].autoload = options.hooks.includes(hook);
    const missing = spec.check().flatMap(({ program, verdict, message, remedy }): Missing[] => {
      const hook = HOOKS.find((hook) => PROGRAMS[hook] === program);
      const isBad = verdict === "refused" || verdict === "unsafe";
      return hook !== undefined && isBad ? [{ hook, why: `${message}. ${remedy ?? ""}`.trim() }] : [];
    });
    const fatal = missing.filter(({ hook }) => options.require.includes(hook));
    if (fatal.length > 0 || missing.length === options.hooks.length) {
      throw new HostError(
        `this kernel does not support required hooks: ${missing.map(({ hook, why }) => `${hook}: ${why}`).join("; ")}`,
      );
    }
    for (const { hook } of missing) spec.programs[PROGRAMS[hook]].autoload = false;
    spec.maps.buffers.maxEntries = BUFFERS_PER_CPU * possibleCpus();
    const start = (object: BpfObject<Shape>): Policy => {
      const policy = new Policy(object, missing, options);
      policy.#claim();
      policy.apply(options.rules);
      return policy;
    };
    if (pin === undefined) return start(await spec.load());
    let policy: Policy | undefined;
    const beforeAttach = (object: BpfObject<Shape>) => {
      policy = start(object);
    };
    const pinned = await Pinned.adoptOrReplace(spec, pin, { migrate: { policies: moveGeneration }, beforeAttach });
    const own = policy as unknown as Policy;
    own.#pinned = pinned;
    return own;
  }

  /** Puts rules in force, as one set, and returns the changes. */
  apply(rules: RuleSet): Changes {
    const connects = rules.rules.findIndex(({ hooks, path }) => path !== undefined && hooks.includes("connect"));
    if (connects >= 0 && !knowsConnectingProgram()) {
      throw new ConfigError(`rules[${connects}]: connect can't check "path" before Linux 6.12; leave it out`);
    }
    const compiled = compile(rules, findCgroup);
    const generation = this.generation + 1n;
    // The other set is in force.
    Object.assign(this.#shared.sets[Number(generation & 1n)] ?? {}, compiled);
    this.#names.set(
      generation,
      rules.rules.map(({ name }) => name),
    );
    this.#names.delete(generation - BigInt(GENERATIONS));
    // Programs must see the new number after the new rules.
    Atomics.store(this.#generation, 0, generation);
    const changes = changesOf(this.rules, rules);
    this.rules = rules;
    this.onApplied();
    return changes;
  }

  /** The hooks that have decisions. */
  get hooks(): readonly Hook[] {
    return this.options.hooks.filter((hook) => !this.missing.some((missing) => missing.hook === hook));
  }

  /** Starts the decisions. Pinned programs decide already. */
  attach(): void {
    if (this.#pinned !== undefined) return;
    for (const hook of this.hooks) {
      const program: Program<"lsm"> = this.#object.programs[PROGRAMS[hook]];
      program.attach();
    }
  }

  /** Ends a policy that this process was the first to pin, because the service can't start. */
  abandon(): void {
    const outcomes = Object.values(this.#pinned?.programs ?? {});
    if (outcomes.every((outcome) => outcome === "added")) this.#pinned?.unpin();
  }

  get generation(): bigint {
    return this.#shared.generation;
  }

  /** The version of the program as it was compiled: changes with policy.bpf.c. */
  get version(): string {
    return createHash("sha256").update(readFileSync(OBJECT)).digest("hex").slice(0, 16);
  }

  get inForce(): InForce {
    const { mode, rules } = this.rules;
    return { generation: Number(this.generation), mode, rules: rules.length };
  }

  /**
   * Number of verdicts by hook and kind, and of paths that could not be resolved, since the policy was first loaded.
   */
  counts(): { hook: Hook; allowed: bigint; denied: bigint; wouldDeny: bigint; unresolved: bigint }[] {
    const { decisions, unresolved } = this.#counters;
    return HOOKS.map((hook, index) => {
      const [allowed = 0n, denied = 0n, wouldDeny = 0n] = decisions[index] ?? [];
      return { hook, allowed, denied, wouldDeny, unresolved: unresolved[index] ?? 0n };
    });
  }

  /** Number of decisions that were not reported because the ring was full. */
  get lost(): bigint {
    return this.#counters.lost;
  }

  /** Yields batches until the policy is closed. */
  decisions(): AsyncIterable<decision[]> {
    return this.#object.maps.decisions;
  }

  /** Size in bytes of the decisions that wait to be read. */
  get unread(): number {
    return this.#object.maps.decisions.stats.lag;
  }

  nameOf(generation: bigint, index: number): string | undefined {
    return this.#names.get(generation)?.[index];
  }

  /**
   * Detaches the programs that are not pinned. Pinned programs stay in force; the service is then not exempt any more.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#shared.service_pid = 0;
    await this.#object[Symbol.asyncDispose]();
    this.#pinned?.close();
  }

  /** Exempts this process from the policy. */
  #claim(): void {
    this.#shared.service_pid = 0;
    this.#shared.service_start = startTicks();
    this.#shared.service_pid = process.pid;
  }
}

/** Rules are set anew; decisions of former generations may still be in the ring. */
const moveGeneration: Migrate = (from, to, { last }) => {
  if (last || !(from instanceof ArrayMap) || !(to instanceof ArrayMap)) return;
  const { generation } = from.get(0) as Pick<policy, "generation">;
  to.set(0, { ...(to.get(0) as policy), generation });
};

/** Identifies a process by its pid, which differs in each pid namespace. */
function refuseOtherNamespace(): void {
  const PROC_PID_INIT_INO = 4026531836;
  if (readlinkSync("/proc/self/ns/pid") === `pid:[${PROC_PID_INIT_INO}]`) return;
  throw new HostError(
    "the service must run in the host's pid namespace (docker: --pid=host, Kubernetes: hostPID: true)",
  );
}

/** This process's start time, in ticks since boot. */
function startTicks(): bigint {
  const fields = readFileSync("/proc/self/stat", "latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
  return BigInt(fields[22 - 3] ?? 0);
}

function possibleCpus(): number {
  const [, last = "0"] = /(\d+)\s*$/.exec(readFileSync("/sys/devices/system/cpu/possible", "utf8")) ?? [];
  return Number(last) + 1;
}

function knowsConnectingProgram(): boolean {
  return kernelBtf().find(BtfKind.FUNC, "bpf_get_task_exe_file") !== undefined;
}
