/** A program before it is loaded. */
import { Flag } from "../constants";
import { kindOf, type ProgramKind, parseSection, type SectionFacts } from "../kinds";
import type { ProgramDescription, ProgramRequest } from "../native";
import { boolean, checkProperty, type Expected, filled, integer, uint32 } from "../options";
import { refuseOthers } from "../receivers";

/** What is told of a program once it is loaded: as it was when that began, whatever its spec becomes meanwhile. */
export type GivenProgram = Pick<
  ProgramSpec,
  "name" | "section" | "kind" | "type" | "attachTarget" | "sleepable" | "autoload" | "logLevel"
> & {
  /** The verifier's, if it was asked for. */
  log?: Uint8Array | undefined;
};

/** A program of an {@link ObjectSpec}: plain data that can be changed until the object is loaded. */
export class ProgramSpec {
  static {
    refuseOthers(ProgramSpec, (value) => #described in value);
  }

  /** The C function's name. */
  readonly name: string;
  /** The ELF section, such as "lsm.s/file_open"; libbpf's "?" prefix is taken off. */
  readonly section: string;
  /** Attached by libbpf's skeletons; here only told. */
  readonly autoattach: boolean;
  readonly #index: number;
  readonly #described: ProgramDescription;
  readonly #section: SectionFacts;
  #flags: number;
  #autoload: boolean;
  /** Of a struct_ops program that maps have: whether one of them is to be made. */
  readonly #isCalledFor: (() => boolean) | undefined;
  #target: string | undefined;
  #type: number;
  #attachType: number;
  #logLevel = 0;

  /**
   * @internal
   * @param isCalledFor of a struct_ops program that maps have: whether one of them is to be made
   */
  constructor(description: ProgramDescription, index: number, isCalledFor?: () => boolean) {
    const section = parseSection(description.section, description.type);
    this.name = description.name;
    this.section = description.section;
    this.#type = section.type ?? description.type;
    this.#attachType = section.attachType ?? description.attachType;
    this.autoattach = description.autoattach;
    this.#index = index;
    this.#described = description;
    this.#section = section;
    this.#flags = description.flags | section.flags;
    // libbpf loads it with its map, whatever its section says (bpf_object_adjust_struct_ops_autoload()).
    this.#autoload = description.autoload || isCalledFor !== undefined;
    this.#isCalledFor = isCalledFor;
    this.#target = section.target;
  }

  /**
   * What the section makes it: "lsm", "fentry", "uprobe" …; "unspec" for an unknown section. Where {@link type} or {@link attachType} was
   * set, what these make it, or the type's name: "sched_cls".
   */
  get kind(): ProgramKind {
    return this.#isOfSection ? this.#section.kind : kindOf(this.#type, this.#attachType).kind;
  }

  /**
   * enum bpf_prog_type, `ProgramType`: what the section says, or what is set here for a section that says nothing. What the section said
   * beside it no longer counts, but for {@link flags}. libbpf: bpf_program__set_type().
   */
  get type(): number {
    return this.#type;
  }

  set type(value: number) {
    this.#type = this.#checked("type", value, integer(1, 0x7fffffff));
  }

  /** enum bpf_attach_type, `AttachType`, as expected at load. libbpf: bpf_program__set_expected_attach_type(). */
  get attachType(): number {
    return this.#attachType;
  }

  set attachType(value: number) {
    this.#attachType = this.#checked("attachType", value, integer(0, 0x7fffffff));
  }

  /**
   * What the verifier is to log, though the program loads: 1 for the last path that it took, 2 for all, 4 for statistics; a sum of them, 0 by
   * default. It stands in {@link Program.log}. A log of more than 256 MiB is cut off, which Linux before 6.4 takes for a failure (ENOSPC).
   * libbpf: bpf_program__set_log_level().
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
   */
  get sleepable(): boolean {
    return (this.#flags & Flag.SLEEPABLE) !== 0;
  }

  set sleepable(value: boolean) {
    this.#flags = this.#checked("sleepable", value, boolean)
      ? this.#flags | Flag.SLEEPABLE
      : this.#flags & ~Flag.SLEEPABLE;
  }

  /** prog_flags that the kernel will be given (BPF_F_*), those that the section implies included. */
  get flags(): number {
    return this.#flags;
  }

  set flags(value: number) {
    this.#flags = this.#checked("flags", value, uint32);
  }

  /**
   * Whether `load()` loads this program; false for a section that begins with "?". A struct_ops program is loaded with the maps that
   * have it: false while none of them is made (`autocreate`), and set to false it is left out of them (libbpf 1.4 or newer).
   */
  get autoload(): boolean {
    return this.#autoload && (this.#isCalledFor?.() ?? true);
  }

  set autoload(value: boolean) {
    this.#autoload = this.#checked("autoload", value, boolean);
  }

  /**
   * The hook, function, tracepoint or iterator that the program is for, as the section names it or as set. For a kernel
   * module's function: "module:function". libbpf: bpf_program__set_attach_target().
   */
  get attachTarget(): string | undefined {
    return this.#target;
  }

  set attachTarget(value: string | undefined) {
    this.#target = value === undefined ? undefined : this.#checked("attachTarget", value, filled);
  }

  /** @internal True if the kernel resolves the target at load, through BTF. */
  get needsBtfTarget(): boolean {
    const { targetForm } = this.#isOfSection ? this.#section : kindOf(this.#type, this.#attachType);
    return targetForm === "btf";
  }

  /** Whether the section says what the program is. */
  get #isOfSection(): boolean {
    const { type = this.#described.type, attachType = this.#described.attachType } = this.#section;
    return this.#type === type && this.#attachType === attachType;
  }

  /** @internal */
  toRequest(): ProgramRequest {
    const dropSection = (this.#section.flags & ~this.#flags) !== 0;
    // libbpf finds the target by the section's name only if it knows the section and still heeds it.
    const own =
      dropSection || !this.#isOfSection || this.#described.type === 0 || this.#target !== this.#section.target;
    return {
      index: this.#index,
      type: this.type,
      attachType: this.attachType,
      flags: this.#flags,
      dropSection,
      autoload: this.autoload,
      target: this.needsBtfTarget && own ? this.#target : undefined,
      logLevel: this.#logLevel,
    };
  }

  /** @internal */
  given(): GivenProgram {
    const { name, section, kind, type, attachTarget, sleepable, autoload, logLevel } = this;
    return { name, section, kind, type, attachTarget, sleepable, autoload, logLevel };
  }

  #checked<T>(property: string, value: T, expected: Expected<T>): T {
    const { name, section } = this;
    return checkProperty({ of: `program ${name}`, details: { program: name, section } }, property, value, expected);
  }
}
