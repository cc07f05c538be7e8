/** open(): an object file as inert data. */
import { basename } from "node:path";
import type { Btf } from "../btf/btf";
import type { Codec } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { ownBytes, readObject } from "../elf/file";
import { BpfError, LoadError, ObjectError } from "../errors";
import type { KernelFacts } from "../kernel/kernel-facts";
import { MapSpec } from "../map/map-spec";
import { type Handle, type LoadRequest, native, type Outcome, type VariableDescription } from "../native";
import { deliver, type LogCallback } from "../native/log";
import {
  anyFunction,
  anyString,
  checkArgument,
  checkOptions,
  oneOf,
  pathOrBytes,
  record,
  type Schema,
  text,
} from "../options";
import { type GivenProgram, ProgramSpec } from "../program/program-spec";
import { refuseOthers } from "../receivers";
import { unjudged } from "../sleepable/judge";
import type { ProgramFacts, ProgramVerdict } from "../verdict";
import { byName, named } from "./by-name";
import { loadError } from "./load-error";
import { BpfObject } from "./object";
import { ObjectFile } from "./object-file";
import {
  type CheckOptions,
  checkedCheckOptions,
  checkedLoadOptions,
  type LoadOptions,
  refuseBad,
  verdicts,
} from "./precheck";
import { eventCodecs, eventTypes } from "./record-types";
import { Sections } from "./sections";
import type { AnyShape, Named, ObjectShape, Settable } from "./shape";
import { type TypeOf, variablesOver } from "./variables";

/** Options of {@link open}. */
export interface OpenOptions {
  /** The object's name, which goes into the names of its data maps; by default the file's. libbpf: object_name. */
  name?: string;
  /** Directory in bpffs for maps pinned by name; by default /sys/fs/bpf. libbpf: pin_root_path. */
  pinRoot?: string;
  /** Values of `extern … __kconfig` variables, as lines of a kernel config. libbpf: kconfig. */
  kconfig?: string;
  /** A BTF file to relocate against instead of the kernel's own (for CO-RE only). libbpf: btf_custom_path. */
  btfPath?: string;
  /**
   * What the records of ring and perf buffers are, by the map's name: "struct exec_event", of the object's BTF. Goes before the tag that says
   * so in C: `__attribute__((btf_decl_tag("event:struct exec_event")))` on the map. Without either a record is bytes.
   */
  events?: Readonly<Record<string, string>>;
  /**
   * What 64-bit integers of keys, values, records and variables are: "bigint", exactly, by default, or "number", several times as
   * fast and rounded beyond 2^53. Types that were generated say "bigint" unless `gen` was told otherwise. Pointers stay bigints.
   */
  u64?: U64;
  /** Receives libbpf's messages of this object's operations. Without it they are dropped, except from errors. */
  onLog?: LogCallback;
}

/**
 * Opens a BPF object file, given by its path or its bytes.
 *
 * Needs no privilege and makes no bpf(2) call. libbpf: bpf_object__open_mem(). `S` is what the caller knows of the object,
 * unchecked: the `open()` that `node-libbpf gen` writes passes what it found in it.
 *
 * @throws {@link ObjectError} if the file can't be read or is no BPF object for this machine
 */
export function open<S extends ObjectShape = AnyShape>(
  source: string | Uint8Array,
  options?: OpenOptions,
): ObjectSpec<S> {
  const callee = { name: "open", details: { operation: "open" } } as const;
  const given = checkOptions(callee, options, OPTIONS);
  checkArgument(callee, "source", source, pathOrBytes);
  if (typeof source === "string") {
    const name = given.name ?? basename(source).replace(/\..*/, "");
    return new ObjectSpec(readObject(source), basename(source), { ...given, name });
  }
  const { name = "object" } = given;
  return new ObjectSpec(ownBytes(source), name, { ...given, name });
}

/**
 * A BPF object before it is loaded: its programs, maps and variables, which can be changed. It holds no resource of the
 * kernel, needs no closing, and can be loaded any number of times.
 */
export class ObjectSpec<S extends ObjectShape = AnyShape> {
  static {
    refuseOthers(ObjectSpec, (value) => #file in value);
  }

  readonly name: string;
  /** The licence that the kernel is told; many helpers and all LSM programs need a GPL-compatible one. */
  readonly license: string;
  readonly programs: Named<S["programs"], ProgramSpec>;
  readonly maps: Named<S["maps"], MapSpec>;
  /** Global variables; a value assigned here is what the program starts with. Constants (.rodata) can be set too. */
  readonly variables: Settable<S["variables"]>;
  readonly #file: ObjectFile;
  readonly #onLog: LogCallback | undefined;
  readonly #u64: U64;
  readonly #programs: readonly ProgramSpec[];
  readonly #maps: readonly MapSpec[];
  readonly #sections: Sections;
  /** How ring buffers' records are read, by the map's name. */
  readonly #events: ReadonlyMap<string, Codec<unknown>>;
  #loading = false;

  /** @internal */
  constructor(bytes: Uint8Array, label: string, options: OpenOptions & { name: string }) {
    const { name, pinRoot, kconfig, btfPath, events = {}, u64 = "bigint", onLog } = options;
    const request = { bytes, name, pinRoot, kconfig, btfPath, verbose: onLog !== undefined };
    this.#file = ObjectFile.of(request, label, onLog);
    this.#onLog = onLog;
    this.#u64 = u64;
    this.name = name;
    const { description, license, btf } = this.#file;
    this.license = license;
    const { structOps } = this.#file;
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
          btf === undefined ? undefined : typeOf,
          u64,
        ),
    );
    this.programs = byName(this.#programs);
    this.maps = byName(this.#maps);
    this.#events = btf === undefined ? new Map() : eventCodecs(eventTypes(btf, this.#maps, events, label), u64);
    this.variables = variablesOver(this.#sections.variables, this.#sections, typeOf, u64) as Settable<S["variables"]>;
  }

  /**
   * The object's types.
   *
   * @throws {@link ObjectError} if they are of kinds that came later than this library
   */
  get btf(): Btf {
    if (this.#file.btf !== undefined) return this.#file.btf;
    const hint = "Update node-libbpf";
    throw new ObjectError("ERR_BPF_NOT_SUPPORTED", `${this.name} has BTF that is newer than this library`, { hint });
  }

  /** @internal What BTF says of every variable, maps' definitions included. */
  get described(): readonly VariableDescription[] {
    return this.#file.description.variables;
  }

  /**
   * The program of a name.
   *
   * @throws {@link ArgumentError} if there is none
   */
  program(name: keyof S["programs"] & string): ProgramSpec {
    return named(this.programs, name, "program", this.name);
  }

  /**
   * The map of a name.
   *
   * @throws {@link ArgumentError} if there is none
   */
  map(name: keyof S["maps"] & string): MapSpec {
    return named(this.maps, name, "map", this.name);
  }

  /**
   * Loads the object: creates its maps and loads its programs, on another thread. Nothing is attached.
   *
   * Every program is judged first ({@link check}): what this kernel would refuse, or take and must not, is refused here, all of
   * it at once, before any bpf(2) call for it. libbpf: bpf_object__load().
   *
   * @throws {@link SleepableError} if the precheck finds that the kernel would refuse a program, or should
   * @throws {@link VerifierError} with the whole log if the kernel refuses a program
   * @throws {@link MapError} if a map can't be created
   * @throws {@link PermissionError} which says what privilege is missing
   * @throws {@link LoadError} for a hook that this kernel does not have, a section without meaning, and the rest
   */
  async load(options?: LoadOptions): Promise<BpfObject<S>> {
    const request = this.#prepare("load", options);
    const given = this.#given();
    this.#loading = true;
    try {
      return this.#loaded(await native.load(request), given);
    } finally {
      this.#loading = false;
    }
  }

  /** {@link load} on this thread, which it blocks for milliseconds to seconds: for scripts. */
  loadSync(options?: LoadOptions): BpfObject<S> {
    const request = this.#prepare("loadSync", options);
    return this.#loaded(native.loadSync(request), this.#given());
  }

  /**
   * Judges every program that `load()` would load: whether the kernel takes it, as far as that hangs on sleeping and on what
   * its target, maps and calls are, and why not. One verdict for each; nothing is loaded but, where the tables do not tell
   * and this process may, `r0 = 0; exit` on the same target. With a `kernel`, or `precheck: "tables"`, it makes no bpf(2)
   * call, and takes a millisecond or two for a few programs once the facts are read (the first time in a process, some more).
   *
   * A program that load() would not get as far as that with, for its section has no meaning or names no target, is unknown.
   */
  check(options?: CheckOptions): ProgramVerdict[] {
    const given = checkedCheckOptions(options);
    const programs = this.#programs.filter(({ autoload }) => autoload);
    const judged = verdicts((kernel) => this.programFacts(kernel), given);
    const byName = new Map(judged.map((verdict) => [verdict.program, verdict]));
    return programs.map((program) => unloadable(program) ?? (byName.get(program.name) as ProgramVerdict));
  }

  /**
   * @internal What the precheck asks of the programs that load() would load, as they and the maps are set now.
   * @param kernel the one that they are judged for
   * @throws {@link ObjectError} for an object that is damaged where libbpf looks at load only
   */
  programFacts(kernel?: KernelFacts): ProgramFacts[] {
    const read = this.#file.facts;
    const settings = {
      maps: this.#maps,
      license: this.license,
      contents: (sectionId: number) => this.#sections.contents(sectionId),
      kconfig: this.#file.request.kconfig,
      btfPath: this.#file.request.btfPath,
      kernel,
    };
    return this.#programs.filter(({ autoload }) => autoload).map((program) => read(program, settings));
  }

  #prepare(name: "load" | "loadSync", options: LoadOptions | undefined): LoadRequest {
    const given = checkedLoadOptions(name, options);
    if (this.#loading) {
      throw new BpfError("ERR_BPF_BUSY", `${this.name} is being loaded already`, {
        operation: "load",
        hint: "Await the first load(); open the object twice to load it twice at once",
      });
    }
    for (const program of this.#programs) if (program.autoload) checkLoadable(program);
    refuseBad(
      (kernel) => this.programFacts(kernel),
      () => this.#file.facts,
      this.name,
      given,
    );
    const maps = this.#maps.map((map) => ({
      ...map.toRequest(this.#sections.changed(map.sectionId)),
      without: this.#without(map),
    }));
    return { ...this.#file.request, programs: this.#programs.map((program) => program.toRequest()), maps };
  }

  /** The members of a struct_ops map whose programs are not wanted: libbpf would load these after all. */
  #without({ name, autocreate }: MapSpec): Uint32Array {
    if (!autocreate) return new Uint32Array();
    const slots = this.#file.structOps.filter((slot) => slot.map === name);
    const unwanted = this.#programs.filter(({ autoload }) => !autoload).map((program) => program.name);
    const dropped = slots.filter(({ program }) => unwanted.includes(program));
    return Uint32Array.from(dropped, ({ offset }) => offset);
  }

  /** What load() gives to the kernel, which may be set to something else before that has answered. */
  #given(): Given {
    return { programs: this.#programs.map((program) => program.given()), variables: this.#sections.current() };
  }

  #loaded(outcome: Outcome, given: Given): BpfObject<S> {
    try {
      if (outcome.status < 0) throw loadError(outcome, this.name, given.programs, this.#maps);
      const { programs, ...others } = given;
      const logged = programs.map((program, index) => ({ ...program, log: outcome.logs?.[index] }));
      return this.#objectOf(outcome.status, { programs: logged, ...others });
    } finally {
      deliver(outcome, this.#onLog);
    }
  }

  #objectOf(handle: Handle, { programs, variables }: Given): BpfObject<S> {
    try {
      return new BpfObject<S>(
        handle,
        this.name,
        programs,
        this.#maps,
        variables,
        (id) => this.btf.type(id),
        this.#events,
        this.#u64,
        this.#onLog,
      );
    } catch (error) {
      native.objectClose(handle);
      throw error;
    }
  }
}

interface Given {
  programs: readonly GivenProgram[];
  variables: readonly VariableDescription[];
}

const OPTIONS: Schema<OpenOptions> = {
  name: text,
  pinRoot: text,
  kconfig: text,
  btfPath: text,
  events: record(anyString),
  u64: oneOf("bigint", "number"),
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
    message: `SEC("${section}") names no attach target`,
    hint: `Name it in the section, as in SEC("${section}/…"), or set attachTarget before load`,
  };
}
