/** A loaded program. */
import type { Readable } from "node:stream";
import type { Codec } from "../codec/codec";
import { ArgumentError, BpfError, errnoName, isErrno, linesOf, type Operation } from "../errors";
import type { ProgramKind } from "../kinds";
import { once } from "../lazy";
import type { Link } from "../link/link";
import { native } from "../native";
import { Lifetime } from "../native/lifetime";
import { type PinFault, preparePin, removePin } from "../native/pins";
import { type Callee, checkArgument, filled, oneOf } from "../options";
import { refuseOthers } from "../receivers";
import { type AttachOptionsFor, attachProgram, checkedAttachOptions } from "./attach/attach";
import { outputStream, type ProgramStreamName } from "./output-stream";
import { type ProgramInfo, readProgramInfo } from "./program-info";
import type { GivenProgram } from "./program-spec";
import { checkedRunOptions, type TestRunOptions, type TestRunResult, testRun } from "./test-run";
import { type VerifierStats, verifierStats } from "./verifier-stats";

/**
 * A loaded program of a {@link BpfObject}; `K` is its kind and `C` the context of its test runs, if types were
 * generated. libbpf: struct bpf_program.
 */
export class Program<K extends ProgramKind = ProgramKind, C extends object = object> {
  static {
    refuseOthers(Program, (value) => #lifetime in value);
  }

  /** The C function's name. */
  readonly name: string;
  /** The ELF section, such as "lsm.s/file_open". */
  readonly section: string;
  /** The program's kind, as in {@link ProgramSpec.kind}. */
  readonly kind: K;
  /** The attach target at load: hook, function, tracepoint or iterator. */
  readonly attachTarget: string | undefined;
  /** enum bpf_attach_type, `AttachType`: the expected attach type at load. */
  readonly attachType: number;
  /** Whether it was loaded with BPF_F_SLEEPABLE. The kernel does not report this; it is the flag given at load. */
  readonly sleepable: boolean;
  readonly #lifetime: Lifetime;
  readonly #index: number;
  readonly #log: Uint8Array | undefined;
  readonly #type: number;
  readonly #records: Codec<unknown> | undefined;
  readonly #context: () => Codec<unknown> | undefined;
  readonly #opened: boolean;

  /**
   * @internal
   * @param index in its object; undefined for a program that was opened by its pin or id
   */
  constructor(lifetime: Lifetime, spec: GivenProgram, index: number | undefined) {
    if (!(lifetime instanceof Lifetime))
      throw new ArgumentError("a program is made by load(), openProgram() or openProgramById(), not by its class");
    this.name = spec.name;
    this.section = spec.section;
    this.kind = spec.kind as K;
    this.attachTarget = spec.attachTarget;
    this.attachType = spec.attachType;
    this.sleepable = spec.sleepable;
    this.#lifetime = lifetime;
    this.#index = index ?? 0;
    this.#opened = index === undefined;
    this.#log = spec.log;
    this.#type = spec.type;
    this.#records = spec.records;
    this.#context = once(() => spec.context?.());
  }

  /**
   * The verifier log by line, if {@link ProgramSpec.logLevel} requested it; else empty. For a program that failed to
   * load see {@link VerifierError.log}. libbpf: bpf_program__log_buf().
   */
  get log(): readonly string[] {
    return linesOf(this.#log);
  }

  /**
   * What it cost the verifier to accept the program: instructions, states, and with log level 4 stack and time.
   * Undefined if {@link ProgramSpec.logLevel} requested no log.
   */
  get verifierStats(): VerifierStats | undefined {
    return this.#log && verifierStats(this.#log);
  }

  /**
   * The kernel's program id, as shown by bpftool.
   *
   * @throws {@link ClosedError} after the object is closed
   * @throws {@link BpfError} ERR_BPF_NOT_LOADED if the program was not loaded
   */
  get id(): number {
    const id = native.programId(this.#lifetime.handle(`program ${this.name}`, "program.id"), this.#index);
    if (id < 0) throw this.#notLoaded("program.id", id);
    return id;
  }

  /**
   * The program's file descriptor. It belongs to the object and is closed with it: do not close it. libbpf:
   * bpf_program__fd().
   *
   * @throws {@link ClosedError} after the object is closed
   * @throws {@link BpfError} ERR_BPF_NOT_LOADED if the program was not loaded
   */
  get fd(): number {
    return this.#fdFor("program.fd");
  }

  /**
   * What the kernel reports about the program: tag, load time, maps, run time and count … Since Linux 4.13. libbpf:
   * bpf_prog_get_info_by_fd().
   *
   * @throws {@link ClosedError} after the object is closed
   * @throws {@link BpfError} ERR_BPF_NOT_LOADED if the program was not loaded
   */
  info(): ProgramInfo {
    const fd = this.#fdFor("program.info");
    const info = readProgramInfo((bytes, buffers) => native.infoOfFd(fd, bytes, buffers));
    if (typeof info !== "number") return info;
    const details = { operation: "program.info", errno: errnoName(info), program: this.name } as const;
    throw new BpfError("ERR_BPF_NOT_LOADED", `program ${this.name}: can't read its info (${details.errno})`, details);
  }

  /**
   * Attaches the program. It runs until the returned link or its object is closed or the process ends; a pinned link
   * outlives these.
   *
   * The available options depend on the kind: {@link AttachOptions}, {@link attachOptions}. libbpf:
   * bpf_program__attach_*().
   *
   * @throws {@link AttachError} if the kernel rejects it, or the program would never run because `bpf` is not among the
   *   active LSMs (code ERR_BPF_LSM_INACTIVE)
   * @throws {@link PermissionError} with the missing privilege
   * @throws {@link ArgumentError} for an invalid option
   */
  attach(options?: AttachOptionsFor<K>): Link {
    const given = checkedAttachOptions(this, options);
    const handle = this.#lifetime.handle(`program ${this.name}`, "program.attach");
    const fd = this.#fdFor("program.attach");
    const [index, lifetime, opened, records] = [this.#index, this.#lifetime, this.#opened, this.#records];
    const place = { handle, index, fd, lifetime, opened, records };
    return attachProgram(this, place, given);
  }

  /**
   * Pins the program in bpffs, where it outlives this process; {@link openProgram} opens it again. A pinned program is
   * not attached by that: pin its link. Creates missing directories, accessible to this user only. libbpf:
   * bpf_obj_pin().
   *
   * @param path path in bpffs
   * @throws {@link BpfError} ERR_BPF_PIN: EEXIST if the path exists; if it is not in bpffs, or others could replace the
   *   pin
   */
  pin(path: string): void {
    const fd = this.#fdFor("program.pin");
    checkArgument(this.#callee("pin"), "path", path, filled);
    const fault = preparePin(path);
    if (fault !== undefined) throw this.#pinFailed("pin", `could not be pinned to ${path}`, fault);
    const status = native.pinFd(fd, path);
    if (status < 0) {
      const errno = errnoName(status);
      const what = isErrno(status, "EEXIST") ? "the path exists" : "the kernel refuses it";
      throw this.#pinFailed("pin", `could not be pinned to ${path}`, { what: `${what} (${errno})`, errno });
    }
  }

  /**
   * Removes a pin of this program.
   *
   * @param path path in bpffs
   * @throws {@link BpfError} ERR_BPF_PIN if nothing is pinned there, or something else
   */
  unpin(path: string): void {
    const { id } = this;
    checkArgument(this.#callee("unpin"), "path", path, filled);
    const fault = removePin(path, "program", id);
    if (fault !== undefined) throw this.#pinFailed("unpin", `could not be unpinned from ${path}`, fault);
  }

  #callee(name: "pin" | "unpin" | "stream"): Callee {
    return { name, of: `program ${this.name}`, details: { operation: `program.${name}`, program: this.name } };
  }

  #pinFailed(operation: "pin" | "unpin", doing: string, { what, gone: _, ...details }: PinFault): BpfError {
    const about = { operation: `program.${operation}`, program: this.name, section: this.section } as const;
    return new BpfError("ERR_BPF_PIN", `program ${this.name} ${doing}: ${what}`, { ...about, ...details });
  }

  #fdFor(operation: Operation): number {
    const fd = native.programFd(this.#lifetime.handle(`program ${this.name}`, operation), this.#index);
    if (fd < 0) throw this.#notLoaded(operation, fd);
    return fd;
  }

  /**
   * Runs the program once, or `repeat` times, without attaching it. For syscall programs this is the only way to run.
   * Off the JavaScript thread, because the program may sleep. The kernel decides which kinds can be run. libbpf:
   * bpf_prog_test_run_opts().
   *
   * @throws {@link BpfError} ERR_BPF_TEST_RUN with the errno if the run fails, ERR_BPF_NOT_SUPPORTED if the kernel
   *   can't run this kind, or is older than an option; the signal's reason when aborted
   * @throws {@link ArgumentError} for an invalid option, one that programs of this type do not have, or a context that
   *   does not fit its type
   */
  async testRun<T extends C | Uint8Array = Uint8Array>(options?: TestRunOptions<T>): Promise<TestRunResult<T>> {
    const { name, section, kind } = this;
    const program = { name, section, kind, type: this.#type, context: this.#context };
    const given = checkedRunOptions(program, options);
    this.#fdFor("program.testRun");
    return (await testRun(program, this.#lifetime, this.#index, given)) as TestRunResult<T>;
  }

  /**
   * What the program prints with bpf_stream_printk() ("stdout", "stderr"), and what the kernel reports about it on
   * "stderr", such as a loop that it ended. Each text is delivered once, whoever reads it. The stream looks twenty times
   * a second, keeps the process alive until it is destroyed, and ends when the object is closed. Since Linux 6.17.
   * bpf(2): BPF_PROG_STREAM_READ_BY_FD.
   *
   * @throws {@link BpfError} ERR_BPF_NOT_SUPPORTED before Linux 6.17, ERR_BPF_NOT_LOADED if the program was not loaded
   * @throws {@link ArgumentError} for another name
   */
  stream(name: ProgramStreamName): Readable {
    checkArgument(this.#callee("stream"), "name", name, oneOf("stdout", "stderr"));
    const handle = this.#lifetime.handle(`program ${this.name}`, "program.stream");
    this.#fdFor("program.stream");
    return outputStream({ program: this, handle, index: this.#index, lifetime: this.#lifetime }, name);
  }

  #notLoaded(operation: Operation, status: number): BpfError {
    return new BpfError("ERR_BPF_NOT_LOADED", `program ${this.name} was not loaded`, {
      operation,
      errno: errnoName(status),
      program: this.name,
      section: this.section,
      hint: "Its autoload was off: set it to true before load",
    });
  }
}
