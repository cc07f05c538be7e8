/** The policy in the kernel: loads it or opens its pins, changes its rules, and reads its decisions. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { type BpfObject, BtfKind, kernelBtf, type Link, openLink, type Program } from "node-libbpf";
import { ConfigError, HostError } from "./failure";
import { type decision, open, type policy, type Policy as Shape } from "./policy.bpf";
import { type Changes, changesOf, compile, findCgroup, HOOKS, type Hook, type RuleSet } from "./rules";

/** The names in policy.bpf.c. */
const BUFFERS_PER_CPU = 8;
const PROGRAMS = { exec: "check_exec", open: "check_open", connect: "check_connect" } as const;
/** The pinned maps, which survive the service. */
const MAPS = ["policies", "decisions"] as const;
const OBJECT = join(__dirname, "policy.bpf.o");
/** Number of generations whose rule names are kept: the ring may contain decisions of earlier generations. */
const GENERATIONS = 64;

export interface PolicyOptions {
  hooks: readonly Hook[];
  /** The required hooks. */
  require: readonly Hook[];
  /** Directory in bpffs. */
  pin?: string | undefined;
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
  readonly #taken: Link[] = [];
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
    this.#generation = policies.mmap(BigUint64Array).subarray(1, 2);
  }

  /**
   * Loads the programs that are not pinned, and attaches nothing.
   *
   * @throws {@link HostError} if the kernel does not support a required hook, or foreign pins are in the way
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
    if (pin !== undefined) {
      mkdirSync(pin, { recursive: true, mode: 0o700 });
      for (const map of MAPS) spec.maps[map].pinPath = join(pin, map);
      for (const hook of pinnedHooks(pin, spec)) spec.programs[PROGRAMS[hook]].autoload = false;
    }
    const object = await spec.load();
    try {
      const policy = new Policy(object, missing, options);
      policy.#claim();
      return policy;
    } catch (error) {
      object.close();
      throw error;
    }
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

  /** Starts the decisions. Pinned programs have been deciding all the time. */
  attach(): void {
    const { pin } = this.options;
    for (const hook of HOOKS) {
      const path = pin === undefined ? undefined : join(pin, hook);
      const isPinned = path !== undefined && existsSync(path);
      const isWanted = this.hooks.includes(hook);
      if (isPinned && isWanted) this.#taken.push(openLink(path));
      else if (isPinned) openLink(path).detach();
      else if (isWanted) {
        const program: Program<"lsm"> = this.#object.programs[PROGRAMS[hook]];
        const link = program.attach();
        if (path !== undefined) link.pin(path);
      }
    }
  }

  get generation(): bigint {
    return this.#shared.generation;
  }

  /** The version of the program as it was compiled: changes with policy.bpf.c. */
  get version(): string {
    return versionOf(OBJECT).toString(16).padStart(16, "0");
  }

  get inForce(): InForce {
    const { mode, rules } = this.rules;
    return { generation: Number(this.generation), mode, rules: rules.length };
  }

  /**
   * Number of verdicts by hook and kind, and of paths that could not be resolved, since the policy was first loaded.
   */
  counts(): { hook: Hook; allowed: bigint; denied: bigint; wouldDeny: bigint; unresolved: bigint }[] {
    const { decisions, unresolved } = this.#shared;
    return HOOKS.map((hook, index) => {
      const [allowed = 0n, denied = 0n, wouldDeny = 0n] = decisions[index] ?? [];
      return { hook, allowed, denied, wouldDeny, unresolved: unresolved[index] ?? 0n };
    });
  }

  /** Number of decisions that were not reported because the ring was full. */
  get lost(): bigint {
    return this.#shared.lost;
  }

  /** Yields batches until the policy is closed. */
  decisions(): AsyncIterable<decision[]> {
    return this.#object.maps.decisions;
  }

  nameOf(generation: bigint, index: number): string | undefined {
    return this.#names.get(generation)?.[index];
  }

  /**
   * Detaches the programs that are not pinned. Pinned programs stay in force; the service is then not exempt any more.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#shared.service_pid = 0;
    for (const link of this.#taken) link.close();
    await this.#object[Symbol.asyncDispose]();
  }

  /** Records this process as the owner of the shared memory. */
  #claim(): void {
    const { pin } = this.options;
    const { version: found, service_pid: pid, service_start: start } = this.#shared;
    const version = versionOf(OBJECT);
    if (found !== 0n && found !== version) {
      throw new HostError(`${pin} has pins of another version of the policy; to remove them: rm -r ${pin}`);
    }
    if (pid !== 0 && startTicks(pid) === start) throw new HostError(`${pin} is in use by process ${pid}`);
    this.#shared.version = version;
    this.#shared.service_pid = 0;
    this.#shared.service_start = startTicks(process.pid) ?? 0n;
    this.#shared.service_pid = process.pid;
  }
}

/**
 * Returns the hooks whose programs are pinned. load() ensures that no other user created the pins, by the folder of the
 * maps' pins.
 *
 * @throws {@link HostError} for a pin that this service does not create
 */
function pinnedHooks(pin: string, spec: ReturnType<typeof open>): Hook[] {
  const pinned = HOOKS.filter((hook) => existsSync(join(pin, hook)));
  const remedy = `to remove the pins: rm -r ${pin}`;
  if (pinned.length > 0 && !MAPS.every((map) => existsSync(join(pin, map)))) {
    throw new HostError(`${pin} has programs whose maps are not pinned: their rules can't be changed; ${remedy}`);
  }
  for (const hook of pinned) {
    const target = spec.programs[PROGRAMS[hook]].attachTarget;
    const link = openLink(join(pin, hook));
    const info = link.info();
    link.close(); // it stays pinned
    const wanted = kernelBtf().find(BtfKind.FUNC, `bpf_lsm_${target}`);
    // The kernel reports it since Linux 5.13.
    if (info.type !== "tracing" || (info.targetBtfId !== undefined && info.targetBtfId !== wanted)) {
      throw new HostError(`${join(pin, hook)} is not a program at the hook ${target}; ${remedy}`);
    }
  }
  return pinned;
}

/** Identifies a process by its pid, which differs in each pid namespace. */
function refuseOtherNamespace(): void {
  const PROC_PID_INIT_INO = 4026531836;
  if (readlinkSync("/proc/self/ns/pid") === `pid:[${PROC_PID_INIT_INO}]`) return;
  throw new HostError(
    "the service must run in the host's pid namespace (docker: --pid=host, Kubernetes: hostPID: true)",
  );
}

/** Returns a process's start time, in ticks since boot; undefined if there is none. */
function startTicks(pid: number): bigint | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  const fields = readFileSync(file, "latin1")
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

function versionOf(file: string): bigint {
  return createHash("sha256").update(readFileSync(file)).digest().readBigUInt64LE();
}
