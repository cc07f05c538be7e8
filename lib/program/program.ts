/** A program in the kernel. */
import { BpfError, errnoName, linesOf, type Operation } from "../errors";
import type { ProgramKind } from "../kinds";
import type { Link } from "../link/link";
import { native } from "../native";
import type { Lifetime } from "../native/lifetime";
import { refuseOthers } from "../receivers";
import { type AttachOptionsFor, attachProgram, checkedAttachOptions } from "./attach";
import type { GivenProgram } from "./program-spec";
import { checkedRunOptions, type TestRunOptions, type TestRunResult, testRun } from "./test-run";

/** A loaded program of a {@link BpfObject}; `K` is its kind, where generated types tell it. */
export class Program<K extends ProgramKind = ProgramKind> {
  static {
    refuseOthers(Program, (value) => #lifetime in value);
  }

  /** The C function's name. */
  readonly name: string;
  readonly section: string;
  readonly kind: K;
  /** What it was loaded for: hook, function, tracepoint, iterator. */
  readonly attachTarget: string | undefined;
  /** Whether it was loaded with BPF_F_SLEEPABLE. The kernel does not tell: this is what it was given. */
  readonly sleepable: boolean;
  readonly #lifetime: Lifetime;
  readonly #index: number;
  readonly #log: Uint8Array | undefined;

  /** @internal */
  constructor(lifetime: Lifetime, spec: GivenProgram, index: number) {
    this.name = spec.name;
    this.section = spec.section;
    this.kind = spec.kind as K;
    this.attachTarget = spec.attachTarget;
    this.sleepable = spec.sleepable;
    this.#lifetime = lifetime;
    this.#index = index;
    this.#log = spec.log;
  }

  /**
   * What the verifier logged, line by line, where {@link ProgramSpec.logLevel} asked for it; else no lines. What it said of a program that
   * did not load is in {@link VerifierError.log}. libbpf: bpf_program__log_buf().
   */
  get log(): readonly string[] {
    return linesOf(this.#log);
  }

  /** The kernel's id of the program, as bpftool shows it. */
  get id(): number {
    const id = native.programId(this.#lifetime.handle(`program ${this.name}`, "program.id"), this.#index);
    if (id < 0) throw this.#notLoaded("program.id", id);
    return id;
  }

  /** The program's file descriptor. It belongs to the object and is closed with it: never close it. */
  get fd(): number {
    const fd = native.programFd(this.#lifetime.handle(`program ${this.name}`, "program.fd"), this.#index);
    if (fd < 0) throw this.#notLoaded("program.fd", fd);
    return fd;
  }

  /**
   * Attaches the program; it runs until the returned link is closed, the process ends, or for a pinned link, longer.
   *
   * Which options apply depends on the kind: {@link AttachOptions}, {@link attachOptions}. libbpf: bpf_program__attach_*().
   *
   * @throws {@link AttachError} if the kernel refuses, or the program would never run because `bpf` is not among the
   *   active LSMs (code ERR_BPF_LSM_INACTIVE)
   * @throws {@link PermissionError} which says what privilege is missing
   */
  attach(options?: AttachOptionsFor<K>): Link {
    const given = checkedAttachOptions(this, options);
    const handle = this.#lifetime.handle(`program ${this.name}`, "program.attach");
    const fd = native.programFd(handle, this.#index);
    if (fd < 0) throw this.#notLoaded("program.attach", fd);
    return attachProgram(this, { handle, index: this.#index, lifetime: this.#lifetime }, given);
  }

  /**
   * Runs the program once, or `repeat` times, without attaching it; for syscall programs the way to run at all. Off the
   * JavaScript thread: such a program may sleep. libbpf: bpf_prog_test_run_opts(). Which kinds can be run depends on
   * the kernel.
   */
  async testRun(options?: TestRunOptions): Promise<TestRunResult> {
    const given = checkedRunOptions(this, options);
    const handle = this.#lifetime.handle(`program ${this.name}`, "program.testRun");
    const fd = native.programFd(handle, this.#index);
    if (fd < 0) throw this.#notLoaded("program.testRun", fd);
    return testRun(this, this.#lifetime, this.#index, given);
  }

  #notLoaded(operation: Operation, status: number): BpfError {
    return new BpfError("ERR_BPF_NOT_LOADED", `program ${this.name} was not loaded`, {
      operation,
      errno: errnoName(status),
      program: this.name,
      section: this.section,
      hint: "Its autoload was off; set it to true before load",
    });
  }
}
