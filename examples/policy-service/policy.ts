/** The policy in the kernel: loads it, or takes it back from its pins; changes its rules, and reads what it decides. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { type BpfObject, BtfKind, kernelBtf, type Link, openLink, type Program } from "node-libbpf";
import { ConfigError, HostError } from "./failure";
import { type decision, open, type policy, type Policy as Shape } from "./policy.bpf";
import { type Changes, changesOf, compile, findCgroup, HOOKS, type Hook, type RuleSet } from "./rules";

/** As in policy.bpf.c. */
const BUFFERS_PER_CPU = 8;
const PROGRAMS = { exec: "check_exec", open: "check_open", connect: "check_connect" } as const;
/** Those that are pinned: what outlives the service. */
const MAPS = ["policies", "decisions"] as const;
const OBJECT = join(__dirname, "policy.bpf.o");
/** How many generations' rule names are kept: decisions may lie in the ring while the rules change. */
const GENERATIONS = 64;

export interface PolicyOptions {
  hooks: readonly Hook[];
  /** Those without which there is no policy. */
  require: readonly Hook[];
  /** Directory in bpffs. */
  pin?: string | undefined;
}

/** A hook where this kernel has no decisions made, and why. */
export interface Missing {
  hook: Hook;
  why: string;
}

/** What is in force, in short. */
export interface InForce {
  generation: number;
  mode: RuleSet["mode"];
  /** How many. */
  rules: number;
}

export class Policy implements AsyncDisposable {
  readonly #object: BpfObject<Shape>;
  /** The service's side of what both sides share; see policy.h. */
  readonly #shared: policy;
  readonly #generation: BigUint64Array;
  readonly #taken: Link[] = [];
  readonly #names = new Map<bigint, readonly (string | undefined)[]>();
  /** Is called when other rules are in force. */
  onApplied: () => void = () => {};
  /** In force. */
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
   * Loads what is not pinned already, and attaches nothing.
   *
   * @throws {@link HostError} if the kernel can't decide at a required hook, or other pins are in the way
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
      throw new HostError(`this kernel can't do it: ${missing.map(({ hook, why }) => `${hook}: ${why}`).join("; ")}`);
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

  /** Puts rules in force, all at once, and says what that changes. */
  apply(rules: RuleSet): Changes {
    const connects = rules.rules.findIndex(({ hooks, path }) => path !== undefined && hooks.includes("connect"));
    if (connects >= 0 && !knowsConnectingProgram()) {
      throw new ConfigError(
        `rules[${connects}]: which program connects is only known since Linux 6.12; leave "path" out`,
      );
    }
    const compiled = compile(rules, findCgroup);
    const generation = this.generation + 1n;
    // What is in force is the other one.
    Object.assign(this.#shared.sets[Number(generation & 1n)] ?? {}, compiled);
    this.#names.set(
      generation,
      rules.rules.map(({ name }) => name),
    );
    this.#names.delete(generation - BigInt(GENERATIONS));
    // Programs see the new number after the new rules.
    Atomics.store(this.#generation, 0, generation);
    const changes = changesOf(this.rules, rules);
    this.rules = rules;
    this.onApplied();
    return changes;
  }

  /** Where decisions are made. */
  get hooks(): readonly Hook[] {
    return this.options.hooks.filter((hook) => !this.missing.some((missing) => missing.hook === hook));
  }

  /** From now on there are decisions. What was pinned was making them all the time. */
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

  /** The kernel's side, as it was compiled: changes with policy.bpf.c. */
  get version(): string {
    return versionOf(OBJECT).toString(16).padStart(16, "0");
  }

  get inForce(): InForce {
    const { mode, rules } = this.rules;
    return { generation: Number(this.generation), mode, rules: rules.length };
  }

  /** How often each hook gave each verdict, and how often a path could not be told, since the policy was loaded first. */
  counts(): { hook: Hook; allowed: bigint; denied: bigint; wouldDeny: bigint; unresolved: bigint }[] {
    const { decisions, unresolved } = this.#shared;
    return HOOKS.map((hook, index) => {
      const [allowed = 0n, denied = 0n, wouldDeny = 0n] = decisions[index] ?? [];
      return { hook, allowed, denied, wouldDeny, unresolved: unresolved[index] ?? 0n };
    });
  }

  /** Decisions that were made and not told, as the ring was full. */
  get lost(): bigint {
    return this.#shared.lost;
  }

  /** Batches, until the policy is closed. */
  decisions(): AsyncIterable<decision[]> {
    return this.#object.maps.decisions;
  }

  nameOf(generation: bigint, index: number): string | undefined {
    return this.#names.get(generation)?.[index];
  }

  /** Detaches what is not pinned. What is pinned stays in force; the service is then a process as any other. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#shared.service_pid = 0;
    for (const link of this.#taken) link.close();
    await this.#object[Symbol.asyncDispose]();
  }

  /** Makes the shared memory this process's. */
  #claim(): void {
    const { pin } = this.options;
    const { version: found, service_pid: pid, service_start: start } = this.#shared;
    const version = versionOf(OBJECT);
    if (found !== 0n && found !== version) {
      throw new HostError(`${pin} has pins of another version of the policy; to end that one: rm -r ${pin}`);
    }
    if (pid !== 0 && startTicks(pid) === start) throw new HostError(`${pin} is in use by process ${pid}`);
    this.#shared.version = version;
    this.#shared.service_pid = 0;
    this.#shared.service_start = startTicks(process.pid) ?? 0n;
    this.#shared.service_pid = process.pid;
  }
}

/**
 * The hooks whose programs are pinned. That no other user put them there load() sees to, by the folder of the maps' pins.
 *
 * @throws {@link HostError} for what this service does not put there
 */
function pinnedHooks(pin: string, spec: ReturnType<typeof open>): Hook[] {
  const pinned = HOOKS.filter((hook) => existsSync(join(pin, hook)));
  const remedy = `to end what is pinned there: rm -r ${pin}`;
  if (pinned.length > 0 && !MAPS.every((map) => existsSync(join(pin, map)))) {
    throw new HostError(`${pin} has programs whose maps are gone: nothing can change their rules; ${remedy}`);
  }
  for (const hook of pinned) {
    const target = spec.programs[PROGRAMS[hook]].attachTarget;
    const link = openLink(join(pin, hook));
    const { type, targetBtfId = 0 } = link.info();
    link.close(); // it is pinned
    const wanted = kernelBtf().find(BtfKind.FUNC, `bpf_lsm_${target}`);
    // The kernel tells it since Linux 5.13.
    if (type !== "tracing" || (targetBtfId !== 0 && targetBtfId !== wanted)) {
      throw new HostError(`${join(pin, hook)} is no program at the hook ${target}; ${remedy}`);
    }
  }
  return pinned;
}

/** A process is known by its pid, and that is another one in each pid namespace. */
function refuseOtherNamespace(): void {
  const PROC_PID_INIT_INO = 4026531836;
  if (readlinkSync("/proc/self/ns/pid") === `pid:[${PROC_PID_INIT_INO}]`) return;
  throw new HostError(
    "the service must run in the host's pid namespace (docker: --pid=host, Kubernetes: hostPID: true)",
  );
}

/** When a process began, in ticks since boot; undefined if there is none. */
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
