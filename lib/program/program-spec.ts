/** A program before load. */
import type { Codec } from "../codec/codec";
import { Flag } from "../constants";
import type { ProgramKind } from "../kinds";
import type { ProgramDescription, ProgramRequest } from "../native";
import { boolean, checkProperty, type Expected, filled, integer, uint32, withFd } from "../options";
import { refuseOthers } from "../receivers";
import { kindOf, parseSection, type SectionFacts } from "../section-names";

/** A program's settings at the start of load(). Later changes to the spec do not affect it. */
export type GivenProgram = Pick<
  ProgramSpec,
  | "name"
  | "section"
  | "kind"
  | "type"
  | "attachType"
  | "attachTarget"
  | "sleepable"
  | "autoload"
  | "autoattach"
  | "logLevel"
> & {
  /** Whether it is loaded for another program: {@link ProgramSpec.targetProgram}. */
  readonly ofProgram?: boolean;
  /** The verifier log, if requested. */
  log?: Uint8Array | undefined;
  /** The codec of an iterator's records, if it declares them. */
  records?: Codec<unknown> | undefined;
  /** The codec of a context that is a struct, which the object's BTF tells. */
  context?: () => Codec<unknown> | undefined;
};

/** A program of an {@link ObjectSpec}: plain data that can be changed until the object is loaded. */
export class ProgramSpec {
  static {
    refuseOthers(ProgramSpec, (value) => #described in value);
  }

  /** The C function's name. */
  readonly name: string;
  /** The ELF section, such as "lsm.s/file_open", without libbpf's "?" prefix. */
  readonly section: string;
  readonly #index: number;
  readonly #described: ProgramDescription;
  readonly #section: SectionFacts;
  #flags: number;
  #autoload: boolean;
  /** For a struct_ops program referenced by maps: whether at least one of them will be created. */
  readonly #isCalledFor: (() => boolean) | undefined;
  #target: string | undefined;
  #targetProgram: { readonly fd: number } | undefined;
  #type: number;
  #attachType: number;
  #logLevel = 0;
  #autoattach: boolean;

  /**
   * @internal
   * @param isCalledFor for a struct_ops program referenced by maps: whether at least one of them will be created
   */
  constructor(description: ProgramDescription, index: number, isCalledFor?: () => boolean) {
    const section = parseSection(description.section, description.type);
    this.name = description.name;
    this.section = description.section;
    this.#type = section.type ?? description.type;
    this.#attachType = section.attachType ?? description.attachType;
    this.#autoattach = description.autoattach;
    this.#index = index;
    this.#described = description;
    this.#section = section;
    this.#flags = description.flags | section.flags;
    // libbpf loads it with its map, whatever its section (bpf_object_adjust_struct_ops_autoload()).
    this.#autoload = description.autoload || isCalledFor !== undefined;
    this.#isCalledFor = isCalledFor;
    this.#target = section.target;
  }

  /**
   * The kind that the section implies: "lsm", "fentry", "uprobe" …; "unspec" for an unknown section. If {@link type} or
   * {@link attachType} was set, the kind they imply, or the type's name: "sched_cls".
   */
  get kind(): ProgramKind {
    return this.#isOfSection ? this.#section.kind : kindOf(this.#type, this.#attachType).kind;
  }

  /**
   * enum bpf_prog_type, `ProgramType`: from the section, or set here. Setting it makes libbpf ignore what else the
   * section implies, except {@link flags}. libbpf: bpf_program__set_type().
   *
   * @throws {@link ArgumentError} if set to something other than an integer in range
   */
  get type(): number {
    return this.#type;
  }

  set type(value: number) {
    this.#type = this.#checked("type", value, integer(1, 0x7fffffff));
  }

  /**
   * enum bpf_attach_type, `AttachType`: the expected attach type at load. libbpf:
   * bpf_program__set_expected_attach_type().
   *
   * @throws {@link ArgumentError} if set to something other than an integer in range
   */
  get attachType(): number {
    return this.#attachType;
  }

  set attachType(value: number) {
    this.#attachType = this.#checked("attachType", value, integer(0, 0x7fffffff));
  }

  /**
   * Verifier log level for a program that loads: 1 logs the last path, 2 all paths, 4 statistics; values can be added.
   * Default 0. The log is in {@link Program.log}, its statistics in
   * {@link Program.verifierStats}. A log of more than 256 MiB is truncated, which Linux before 6.4
   * reports as an error (ENOSPC). libbpf: bpf_program__set_log_level().
   *
   * @throws {@link ArgumentError} if set to something other than an integer in range
   */
  get logLevel(): number {
    return this.#logLevel;
  }

  set logLevel(value: number) {
    this.#logLevel = this.#checked("logLevel", value, integer(0, 7));
  }

  /**
   * Whether the program is loaded with BPF_F_SLEEPABLE: because its section ends in ".s", because a syscall program
   * must be, or because it was set. Since Linux 5.10.
   *
   * @throws {@link ArgumentError} if set to something other than a boolean
   */
  get sleepable(): boolean {
    return (this.#flags & Flag.SLEEPABLE) !== 0;
  }

  set sleepable(value: boolean) {
    this.#flags = this.#checked("sleepable", value, boolean)
      ? this.#flags | Flag.SLEEPABLE
      : this.#flags & ~Flag.SLEEPABLE;
  }

  /**
   * prog_flags for the kernel (BPF_F_*), including those that the section implies. libbpf: bpf_program__set_flags().
   *
   * @throws {@link ArgumentError} if set to something other than an integer in range
   */
  get flags(): number {
    return this.#flags;
  }

  set flags(value: number) {
    this.#flags = this.#checked("flags", value, uint32);
  }

  /**
   * Whether `load()` loads this program; false for a section that begins with "?". A struct_ops program is loaded
   * together with the maps that reference it: it is false while none of them is created (`autocreate`), and setting it
   * to false removes the program from the maps (libbpf 1.4 or newer). libbpf: bpf_program__set_autoload().
   *
   * @throws {@link ArgumentError} if set to something other than a boolean
   */
  get autoload(): boolean {
    return this.#autoload && (this.#isCalledFor?.() ?? true);
  }

  set autoload(value: boolean) {
    this.#autoload = this.#checked("autoload", value, boolean);
  }

  /**
   * Whether {@link BpfObject.attach} attaches it. Default true. libbpf: bpf_program__set_autoattach().
   *
   * @throws {@link ArgumentError} if set to something other than a boolean
   */
  get autoattach(): boolean {
    return this.#autoattach;
  }

  set autoattach(value: boolean) {
    this.#autoattach = this.#checked("autoattach", value, boolean);
  }

  /**
   * The attach target from the section, or as set: a hook, function, tracepoint or iterator. For a kernel module's
   * function: "module:function". libbpf: bpf_program__set_attach_target().
   *
   * @throws {@link ArgumentError} if set to something other than a non-empty string without NUL
   */
  get attachTarget(): string | undefined {
    return this.#target;
  }

  set attachTarget(value: string | undefined) {
    this.#target = value === undefined ? undefined : this.#checked("attachTarget", value, filled);
  }

  /**
   * The program whose function {@link attachTarget} is, for freplace, and for fentry and fexit of another program:
   * anything with its file descriptor. Undefined for a function of the kernel. libbpf: bpf_program__set_attach_target().
   *
   * @throws {@link ArgumentError} if set to something without `fd`
   */
  get targetProgram(): { readonly fd: number } | undefined {
    return this.#targetProgram;
  }

  set targetProgram(value: { readonly fd: number } | undefined) {
    this.#targetProgram = value === undefined ? undefined : this.#checked("targetProgram", value, withFd("a program"));
  }

  /** @internal Whether the kernel resolves the target at load, through BTF. */
  get needsBtfTarget(): boolean {
    const { targetForm } = this.#isOfSection ? this.#section : kindOf(this.#type, this.#attachType);
    return targetForm === "btf";
  }

  /** Whether the section determines the program's type. */
  get #isOfSection(): boolean {
    const { type = this.#described.type, attachType = this.#described.attachType } = this.#section;
    return this.#type === type && this.#attachType === attachType;
  }

  /** @internal Takes the settings of another one of the same program. */
  copySettings(from: ProgramSpec): void {
    this.#flags = from.#flags;
    this.#autoload = from.#autoload;
    this.#target = from.#target;
    this.#targetProgram = from.#targetProgram;
    this.#type = from.#type;
    this.#attachType = from.#attachType;
    this.#logLevel = from.#logLevel;
    this.#autoattach = from.#autoattach;
  }

  /** @internal */
  toRequest(): ProgramRequest {
    const dropSection = (this.#section.flags & ~this.#flags) !== 0;
    // libbpf finds the target by section name only if it knows the section and type and attach type were not set.
    const targetFd = this.#targetProgram?.fd ?? 0;
    const own =
      targetFd !== 0 ||
      dropSection ||
      !this.#isOfSection ||
      this.#described.type === 0 ||
      this.#target !== this.#section.target;
    return {
      index: this.#index,
      type: this.type,
      attachType: this.attachType,
      flags: this.#flags,
      dropSection,
      autoload: this.autoload,
      target: (this.needsBtfTarget || targetFd !== 0) && own ? this.#target : undefined,
      targetFd,
      logLevel: this.#logLevel,
    };
  }

  /** @internal */
  given(): GivenProgram {
    const { name, section, kind, type, attachType, attachTarget, sleepable, autoload, autoattach, logLevel } = this;
    const given = { name, section, kind, type, attachType, attachTarget, sleepable, autoload, autoattach, logLevel };
    return { ...given, ofProgram: this.#targetProgram !== undefined };
  }

  #checked<T>(property: string, value: T, expected: Expected<T>): T {
    const { name, section } = this;
    return checkProperty({ of: `program ${name}`, details: { program: name, section } }, property, value, expected);
  }
}
