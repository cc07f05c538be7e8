/** open(): an object file as plain data. */
import { basename } from "node:path";
import type { Btf } from "../btf/btf";
import { Layouts } from "../btf/layouts";
import type { BtfType } from "../btf/types";
import type { Codec } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { checkDigest, ownBytes, readObject } from "../elf/file";
import { BpfError, LoadError, ObjectError } from "../errors";
import type { KernelFacts } from "../kernel/kernel-facts";
import { MapSpec } from "../map/map-spec";
import { mapOfObject } from "../map/open";
import { type Handle, type LoadRequest, native, type Outcome, type VariableDescription } from "../native";
import { deliver, type LogCallback } from "../native/log";
import { tokenPlace } from "../native/token";
import {
  anyFunction,
  anyString,
  boolean,
  checkArgument,
  checkOptions,
  custom,
  oneOf,
  pathOrBytes,
  record,
  type Schema,
  text,
} from "../options";
import { contextCodec } from "../program/context";
import { type GivenProgram, ProgramSpec } from "../program/program-spec";
import { refuseOthers } from "../receivers";
import { unjudged } from "../sleepable/judge";
import { atOnce, compiled, inTurns, type Slices } from "../slices";
import type { ProgramFacts, ProgramVerdict } from "../verdict";
import { byName, named } from "./by-name";
import { describeApart } from "./isolated";
import { loadError } from "./load-error";
import { type CheckOptions, checkedCheckOptions, checkedLoadOptions, type LoadOptions } from "./load-options";
import { type MapDigests, mapDigests } from "./map-digests";
import { BpfObject } from "./object";
import { ObjectFile } from "./object-file";
import { refuseBad, verdicts } from "./precheck";
import { eventCodecs, eventTypes, recordCodecs, recordTypes } from "./record-types";
import { Sections } from "./sections";
import type { AnyShape, Named, ObjectShape, Settable } from "./shape";
import { type TypeOf, variablesOver } from "./variables";

/** Options of {@link open}. */
export interface OpenOptions {
  /**
   * The object's name, which becomes part of the names of its data maps. Default: the file name without extensions.
   * libbpf: object_name.
   */
  name?: string;
  /** Directory in bpffs for maps pinned by name. Default /sys/fs/bpf. libbpf: pin_root_path. */
  pinRoot?: string;
  /** Values of `extern … __kconfig` variables, as lines of a kernel config. libbpf: kconfig. */
  kconfig?: string;
  /** Path of a BTF file to use instead of the kernel's, for CO-RE relocations only. libbpf: btf_custom_path. */
  btfPath?: string;
  /**
   * The BPF token that lets this process load in a user namespace: the path of a bpffs that was mounted there with
   * `delegate_*` options, or false for none. Default: the path in the variable LIBBPF_BPF_TOKEN_PATH of the environment;
   * without it a token of /sys/fs/bpf, if it has one. Since Linux 6.9. libbpf: bpf_token_path (1.4 or newer).
   */
  token?: string | false;
  /**
   * Record types of ring and perf buffers by map name, such as "struct exec_event"; the types must be in the object's
   * BTF. Overrides the tag on the map in C: `__attribute__((btf_decl_tag("event:struct exec_event")))`. Without either,
   * records are raw bytes.
   */
  events?: Readonly<Record<string, string>>;
  /**
   * How 64-bit integers in keys, values, records and variables are decoded: "bigint" (default) is exact, "number" is
   * several times as fast but rounds beyond 2^53. Generated types assume "bigint" unless `gen` was run with another
   * setting. Pointers are always bigints.
   */
  u64?: U64;
  /**
   * The SHA-256 digest of the object's bytes, as 64 hexadecimal digits: another object is refused. The bytes that are
   * compared are those that are loaded: a file is read once.
   */
  sha256?: string;
  /**
   * Reads the object first in a child process, as the user nobody if this process is root: for an object of a stranger.
   * What crashes, hangs or exhausts libbpf or this library there is an {@link ObjectError} here. Default false. Takes
   * the start of a Node.js process, some 100 ms, during which `open()` blocks. `load()` gives the object to libbpf in
   * this process.
   */
  isolate?: boolean;
  /**
   * Receives libbpf's messages of this object's operations. Without it, only those that are part of an error are shown.
   */
  onLog?: LogCallback;
}

/**
 * Opens a BPF object file, given by path or bytes.
 *
 * Needs no privilege and makes no bpf(2) call. libbpf: bpf_object__open_mem(). `S` is the object's shape, which is not
 * checked: the `open()` written by `node-libbpf gen` passes the generated one.
 *
 * @throws {@link ObjectError} if the file can't be read or is not a BPF object for this machine
 * @throws {@link ArgumentError} for an invalid argument or option
 */
export function open<S extends ObjectShape = AnyShape>(
  source: string | Uint8Array,
  options?: OpenOptions,
): ObjectSpec<S> {
  const callee = { name: "open", details: { operation: "open" } } as const;
  const given = checkOptions(callee, options, OPTIONS);
  checkArgument(callee, "source", source, pathOrBytes);
  const isPath = typeof source === "string";
  const { name = isPath ? basename(source).replace(/\..*/, "") : "object" } = given;
  const label = isPath ? basename(source) : name;
  const bytes = isPath ? readObject(source) : ownBytes(source);
  if (given.sha256 !== undefined) checkDigest(bytes, given.sha256, label);
  const { pinRoot, kconfig, btfPath, token: place, isolate, events = {}, u64 = "bigint", onLog } = given;
  const token = place === false ? "" : place;
  const request = { bytes, name, pinRoot, kconfig, btfPath, token, verbose: onLog !== undefined };
  const file = ObjectFile.of(request, label, onLog, isolate ? describeApart : undefined);
  return specOf(file, u64, onLog, (maps) => recordsOf(file, maps, events, u64));
}

/** In the class the compiler would write its name so that its static block finds none (TypeScript 6.0). */
function specOf<S extends ObjectShape>(...given: ConstructorParameters<typeof ObjectSpec>): ObjectSpec<S> {
  return new ObjectSpec<S>(...given);
}

/** What is known of the records that programs write. */
interface Records {
  readonly types: ReadonlyMap<string, BtfType>;
  /** Codecs of ring buffer records, by map name. */
  readonly events: ReadonlyMap<string, Codec<unknown>>;
  /** Codecs of iterators' records, by program name. */
  readonly records: ReadonlyMap<string, Codec<unknown>>;
}

function recordsOf(
  { btf, label }: ObjectFile,
  maps: readonly MapSpec[],
  named: Readonly<Record<string, string>>,
  u64: U64,
): Records {
  if (btf === undefined) return { types: new Map(), events: new Map(), records: new Map() };
  const types = eventTypes(btf, maps, named, label);
  return { types, events: eventCodecs(types, u64), records: recordCodecs(recordTypes(btf, label), u64) };
}

/**
 * A BPF object before load: its programs, maps and variables, which can be changed. Holds no kernel resource, needs no
 * close(), and can be loaded any number of times.
 */
export class ObjectSpec<S extends ObjectShape = AnyShape> {
  static {
    refuseOthers(ObjectSpec, (value) => #file in value);
  }

  /** The object's name: {@link OpenOptions.name}, or derived from the file name. libbpf: bpf_object__name(). */
  readonly name: string;
  /** The object's license, as given to the kernel. Many helpers and all LSM programs need a GPL-compatible one. */
  readonly license: string;
  /** The programs by C function name. */
  readonly programs: Named<S["programs"], ProgramSpec>;
  /** The maps by C name; those of global variables by section name, such as ".rodata". */
  readonly maps: Named<S["maps"], MapSpec>;
  /** Global variables. A value assigned here is the variable's initial value. Constants (.rodata) can be set too. */
  readonly variables: Settable<S["variables"]>;
  readonly #file: ObjectFile;
  readonly #onLog: LogCallback | undefined;
  readonly #u64: U64;
  readonly #programs: readonly ProgramSpec[];
  readonly #maps: readonly MapSpec[];
  readonly #sections: Sections;
  readonly #records: Records;
  #layouts: Layouts | undefined;
  #loading = false;

  /** @internal */
  constructor(
    file: ObjectFile,
    u64: U64,
    onLog: LogCallback | undefined,
    recordsFor: (maps: readonly MapSpec[]) => Records,
  ) {
    const { description, structOps, btf } = file;
    this.#file = file;
    this.#onLog = onLog;
    this.#u64 = u64;
    this.name = file.request.name;
    this.license = file.license;
    this.#programs = description.programs.map((program, index) => {
      const own = structOps.filter((slot) => slot.program === program.name).map(({ map }) => map);
      const isCalledFor = () => this.#maps.some((map) => own.includes(map.name) && map.autocreate);
      return new ProgramSpec(program, index, own.length === 0 ? undefined : isCalledFor);
    });
    const typeOf: TypeOf = (id) => this.btf.type(id);
    this.#sections = new Sections(description, typeOf);
    this.#maps = description.maps.map(
      (map, index) =>
        new MapSpec(
          map,
          index,
          (size) => this.#sections.resize(map.valueTypeId, size),
          file.isShared(map),
          btf === undefined ? undefined : typeOf,
          u64,
        ),
    );
    this.programs = byName(this.#programs);
    this.maps = byName(this.#maps);
    this.#records = recordsFor(this.#maps);
    this.variables = variablesOver(this.#sections.variables, this.#sections, typeOf, u64) as Settable<S["variables"]>;
  }

  /** With the same settings, which do not change with these. */
  #copy(): ObjectSpec<S> {
    const copy = specOf<S>(this.#file, this.#u64, this.#onLog, () => this.#records);
    for (const [index, program] of copy.#programs.entries()) program.copySettings(this.#programs[index] as ProgramSpec);
    for (const [index, map] of copy.#maps.entries()) map.copySettings(this.#maps[index] as MapSpec);
    copy.#sections.copySettings(this.#sections);
    return copy;
  }

  /**
   * The object's types.
   *
   * @throws {@link ObjectError} if they use BTF kinds that this library does not know
   */
  get btf(): Btf {
    if (this.#file.btf !== undefined) return this.#file.btf;
    const hint = "Update node-libbpf";
    throw new ObjectError("ERR_BPF_NOT_SUPPORTED", `${this.name} has BTF newer than this library supports`, { hint });
  }

  /** @internal BTF descriptions of all variables, map definitions included. */
  get described(): readonly VariableDescription[] {
    return this.#file.description.variables;
  }

  /** @internal What tells whether a map can take the place of one that was loaded before. */
  digestsOf(map: MapSpec): MapDigests {
    const { initial } = map.described;
    const isZero = initial === undefined && this.#sections.changed(map.sectionId) === undefined;
    const contents = isZero ? undefined : this.#sections.contents(map.sectionId);
    const { kconfig } = this.#file.request;
    const variables = this.described.filter(({ sectionId }) => sectionId !== 0 && sectionId === map.sectionId);
    this.#layouts ??= new Layouts((id) => this.btf.type(id));
    return mapDigests(map, { record: this.#records.types.get(map.name), variables, contents, kconfig }, this.#layouts);
  }

  /**
   * The program with this name. libbpf: bpf_object__find_program_by_name().
   *
   * @throws {@link ArgumentError} if there is none
   */
  program(name: keyof S["programs"] & string): ProgramSpec {
    return named(this.programs, name, "program", this.name);
  }

  /**
   * The map with this name. libbpf: bpf_object__find_map_by_name().
   *
   * @throws {@link ArgumentError} if there is none
   */
  map(name: keyof S["maps"] & string): MapSpec {
    return named(this.maps, name, "map", this.name);
  }

  /**
   * Loads the object off the JavaScript thread: creates its maps and loads its programs. Attaches nothing.
   *
   * Judges every program first ({@link check}). Programs that this kernel would refuse, or accept although it must not,
   * are rejected here, all in one error, before any bpf(2) call for them. libbpf: bpf_object__load().
   *
   * @throws {@link SleepableError} if the precheck rejects a program
   * @throws {@link VerifierError} with the whole log if the kernel rejects a program
   * @throws {@link MapError} if a map can't be created
   * @throws {@link PermissionError} with the missing privilege
   * @throws {@link LoadError} for a hook that this kernel lacks, an unknown section, and other failures
   */
  async load(options?: LoadOptions): Promise<BpfObject<S>> {
    const given = this.#checked("load", options);
    this.#loading = true;
    try {
      // The settings may change before it is loaded.
      return await this.#copy().#loadInTurns(given);
    } finally {
      this.#loading = false;
    }
  }

  async #loadInTurns(options: LoadOptions): Promise<BpfObject<S>> {
    const judged = this.#judged(options);
    // A descriptor that was given could be closed meanwhile, and its number be another file's.
    if (this.#programs.some((one) => one.targetProgram) || this.#maps.some((one) => one.reuse)) atOnce(judged);
    else await inTurns(judged);
    // What is returned, while the kernel verifies. Where this fails, the result's use fails too.
    const ready = inTurns(compiled([() => BpfObject, () => mapOfObject])).catch(() => {});
    const [outcome] = await Promise.all([native.load(this.#request()), ready]);
    return this.#loaded(outcome);
  }

  /** Same as {@link load}, but blocks the JavaScript thread, for milliseconds to seconds. For scripts. */
  loadSync(options?: LoadOptions): BpfObject<S> {
    atOnce(this.#judged(this.#checked("loadSync", options)));
    return this.#loaded(native.loadSync(this.#request()));
  }

  /**
   * Predicts for every program that `load()` would load whether the kernel accepts it, as far as that depends on
   * sleeping and on its target, maps and calls, and why not. Returns one verdict per program. Loads nothing except `r0
   * = 0; exit` on the same target, where the tables give no answer and this process may load programs. With a `kernel`,
   * or `precheck: "tables"`, it makes no bpf(2) call, and takes a millisecond or two for a few programs once the facts
   * are read (longer for the first call in a process).
   *
   * A program whose section is unknown or lacks a target gets the verdict "unknown", because load() would fail before
   * judging it.
   *
   * @throws {@link ArgumentError} for an invalid option
   */
  check(options?: CheckOptions): ProgramVerdict[] {
    const given = checkedCheckOptions(options);
    const programs = this.#programs.filter(({ autoload }) => autoload);
    const judged = verdicts((kernel, suffices) => this.#facts(kernel, suffices), given);
    const byName = new Map(judged.map((verdict) => [verdict.program, verdict]));
    return programs.map((program) => unloadable(program) ?? (byName.get(program.name) as ProgramVerdict));
  }

  /**
   * @internal Facts for the precheck of the programs that load() would load, with their current settings.
   *
   * @param kernel the kernel they are judged for
   * @param suffices whether the program is well with what it could reach at most: its facts then are these
   * @throws {@link ObjectError} for an object with damage that libbpf detects only at load
   */
  programFacts(kernel?: KernelFacts, suffices?: (atMost: ProgramFacts) => boolean): ProgramFacts[] {
    return atOnce(this.#facts(kernel, suffices));
  }

  *#facts(kernel?: KernelFacts, suffices?: (atMost: ProgramFacts) => boolean): Slices<ProgramFacts[]> {
    const read = yield* this.#file.facts();
    const settings = {
      maps: this.#maps,
      license: this.license,
      contents: (sectionId: number) => this.#sections.contents(sectionId),
      changes: this.#sections.changes(),
      kconfig: this.#file.request.kconfig,
      btfPath: this.#file.request.btfPath,
      kernel,
    };
    const programs = this.#programs.filter(({ autoload }) => autoload);
    return yield* read(programs, settings, suffices);
  }

  #checked(name: "load" | "loadSync", options: LoadOptions | undefined): LoadOptions {
    const given = checkedLoadOptions(name, options);
    if (!this.#loading) return given;
    throw new BpfError("ERR_BPF_BUSY", `${this.name} is already being loaded`, {
      operation: "load",
      hint: "Await the first load(); open the object twice for two concurrent loads",
    });
  }

  *#judged(options: LoadOptions): Slices<void> {
    for (const program of this.#programs) if (program.autoload) checkLoadable(program);
    yield;
    const read = (kernel: KernelFacts, suffices?: (atMost: ProgramFacts) => boolean) => this.#facts(kernel, suffices);
    yield* refuseBad(read, this.#file.facts(), this.name, options);
  }

  #request(): LoadRequest {
    const maps = this.#maps.map((map) => ({
      ...map.toRequest(this.#sections.changed(map.sectionId)),
      without: this.#without(map),
      exclusiveProgram: this.#exclusiveProgram(map),
    }));
    return { ...this.#file.request, programs: this.#programs.map((program) => program.toRequest()), maps };
  }

  /** Offsets of a struct_ops map's members whose programs have autoload off: libbpf would load them anyway. */
  #without({ name, autocreate }: MapSpec): Uint32Array {
    if (!autocreate) return new Uint32Array();
    const slots = this.#file.structOps.filter((slot) => slot.map === name);
    const unwanted = this.#programs.filter(({ autoload }) => !autoload).map((program) => program.name);
    const dropped = slots.filter(({ program }) => unwanted.includes(program));
    return Uint32Array.from(dropped, ({ offset }) => offset);
  }

  /** The index of the only program that may use a map, or -1. */
  #exclusiveProgram({ exclusiveProgram: name }: MapSpec): number {
    return name === undefined ? -1 : this.#programs.indexOf(named(this.programs, name as never, "program", this.name));
  }

  #loaded(outcome: Outcome): BpfObject<S> {
    const programs = this.#programs.map((program) => program.given());
    try {
      if (outcome.status < 0) throw loadError(outcome, this.name, programs, this.#maps);
      const logged = programs.map((program, index) => ({
        ...program,
        log: outcome.logs?.[index],
        records: this.#records.records.get(program.name),
        context: () => (this.#file.btf === undefined ? undefined : contextCodec(this.btf, program.name, this.#u64)),
      }));
      return this.#objectOf(outcome.status, logged);
    } finally {
      deliver(outcome, this.#onLog);
    }
  }

  #objectOf(handle: Handle, programs: readonly GivenProgram[]): BpfObject<S> {
    try {
      return new BpfObject<S>(
        handle,
        this.name,
        programs,
        this.#maps,
        this.#sections.current(),
        (id) => this.btf.type(id),
        this.#records.events,
        this.#u64,
        this.#onLog,
      );
    } catch (error) {
      native.objectClose(handle);
      throw error;
    }
  }
}

const OPTIONS: Schema<OpenOptions> = {
  name: text,
  pinRoot: text,
  kconfig: text,
  btfPath: text,
  token: tokenPlace,
  events: record(anyString),
  u64: oneOf("bigint", "number"),
  sha256: custom("64 hexadecimal digits", (value) => typeof value === "string" && /^[\da-f]{64}$/i.test(value)),
  isolate: boolean,
  onLog: anyFunction,
};

function checkLoadable(program: ProgramSpec): void {
  const fault = faultOf(program);
  if (fault === undefined) return;
  const { code, message, hint } = fault;
  const about = { operation: "load", program: program.name, section: program.section } as const;
  throw new LoadError(code, `program ${program.name}: ${message}`, { ...about, hint });
}

/** The verdict on a program that load() refuses before any kernel is asked. */
function unloadable(program: ProgramSpec): ProgramVerdict | undefined {
  const fault = faultOf(program);
  if (fault === undefined) return undefined;
  const { name, section } = program;
  return unjudged({ program: name, section, message: fault.message, remedy: fault.hint });
}

function faultOf({ type, section, needsBtfTarget, attachTarget }: ProgramSpec) {
  if (type === 0) {
    return {
      code: "ERR_BPF_SECTION_UNKNOWN" as const,
      message: `the section "${section}" is unknown`,
      hint: `Use one of libbpf's section names, such as SEC("lsm.s/file_open"), or set type (and attachType) before load, or autoload to false`,
    };
  }
  if (!needsBtfTarget || attachTarget !== undefined) return undefined;
  return {
    code: "ERR_BPF_TARGET_MISSING" as const,
    message: `SEC("${section}") has no attach target`,
    hint: `Set it in the section, as in SEC("${section}/…"), or set attachTarget before load`,
  };
}
