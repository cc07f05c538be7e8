/** A loaded object. */
import type { Codec } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { ArgumentError, shown } from "../errors";
import type { BpfMap } from "../map/map";
import type { MapSpec } from "../map/map-spec";
import { mapOfObject } from "../map/open";
import { countsOf } from "../map/ring-counts";
import { type Handle, native, type VariableDescription } from "../native";
import { Lifetime } from "../native/lifetime";
import type { LogCallback } from "../native/log";
import { Program } from "../program/program";
import type { GivenProgram } from "../program/program-spec";
import { refuseOthers } from "../receivers";
import { type AttachAllOptions, type AttachReport, attachAll } from "./attach-all";
import { byName, named } from "./by-name";
import { type PinAllOptions, pinAll } from "./pin-all";
import type { AnyShape, ObjectShape, ProgramOf, Programs } from "./shape";
import { memoryOf } from "./variable-memory";
import { type TypeOf, variablesOver } from "./variables";

/**
 * An object in the kernel: its programs can be attached, its maps and variables read and written. `S` is its shape, if
 * types were generated. libbpf: struct bpf_object.
 *
 * Close it with `close()`, `using` or `await using`. The garbage collector closes an object that is no longer
 * referenced, but never its links: see {@link Link}.
 */
export class BpfObject<S extends ObjectShape = AnyShape> implements Disposable, AsyncDisposable {
  static {
    refuseOthers(BpfObject, (value) => #lifetime in value);
  }

  /** The object's name, as in {@link ObjectSpec.name}. */
  readonly name: string;
  /** All programs by C function name. Includes programs with `autoload` off, which can't be attached. */
  readonly programs: Programs<S>;
  /** All maps by C name; maps of global variables by section name, such as ".rodata". */
  readonly maps: Readonly<S["maps"]>;
  /**
   * Global variables in the kernel's memory: writes of programs are visible at once. Those in .rodata are read-only.
   */
  readonly variables: S["variables"];
  readonly #lifetime: Lifetime;
  /** The loaded programs, each with whether it is to be attached. */
  readonly #autoattached: readonly (readonly [Program, boolean])[];

  /** @internal */
  constructor(
    handle: Handle,
    name: string,
    programs: readonly GivenProgram[],
    maps: readonly MapSpec[],
    variables: readonly VariableDescription[],
    typeOf: TypeOf,
    events: ReadonlyMap<string, Codec<unknown>>,
    u64: U64,
    onLog: LogCallback | undefined,
  ) {
    const lifetime = new Lifetime(handle, name, onLog);
    this.#lifetime = lifetime;
    this.name = name;
    const all = programs.map((spec, index) => new Program(lifetime, spec, index));
    this.programs = byName(all);
    this.#autoattached = all.flatMap((program, index) => {
      const { autoload, autoattach } = programs[index] as GivenProgram;
      return autoload ? [[program, autoattach] as const] : [];
    });
    this.maps = byName(
      maps.flatMap((spec, index) => {
        const description = native.objectMap(handle, index);
        // A number instead of a map: it was not created (autocreate off).
        if (typeof description === "number") return [];
        const counts = () => countsOf(spec.name, this.maps);
        const codecs = { ...spec.loadedCodecs(description), event: events.get(spec.name), counts };
        return [mapOfObject(lifetime, description, spec.name, index, codecs)];
      }),
    );
    const indexOf = new Map(maps.map((map, index) => [map.sectionId, index]));
    const memory = memoryOf(lifetime, indexOf, this.maps);
    // A variable of a missing section throws when accessed; `{...object.variables}` skips it.
    const isThere = ({ section }: VariableDescription) => Object.hasOwn(this.maps, section);
    this.variables = variablesOver(variables, memory, typeOf, u64, isThere);
  }

  /**
   * The map with this name and class, for callers without generated types: `object.map("events", RingBuffer)`.
   *
   * @throws {@link ArgumentError} if there is no such map, or it has another class
   */
  map<T extends BpfMap>(name: keyof S["maps"] & string, type: abstract new (...args: never[]) => T): T {
    const map: BpfMap = named(this.maps, name, "map", this.name);
    if (typeof type !== "function" || typeof type.prototype !== "object")
      throw new ArgumentError(`map(name, class) expects the map's class, got ${shown(type)}`, {
        map: name,
        hint: `It is a ${map.constructor.name}; object.maps gives all maps without naming a class`,
      });
    if (map instanceof type) return map;
    const other = map.constructor.name === type.name ? " of another copy of node-libbpf: npm ls node-libbpf" : "";
    throw new ArgumentError(`map ${name} is a ${map.type} map, not a ${type.name}${other}`, { map: name });
  }

  /**
   * The program with this name.
   *
   * @throws {@link ArgumentError} if there is none
   */
  program<N extends keyof S["programs"] & string>(name: N): ProgramOf<S, N> {
    return named(this.programs, name, "program", this.name);
  }

  /**
   * Attaches every loaded program whose section says where, and every struct_ops map: all or nothing, unless `partial`
   * is set. Programs whose section begins with "?" are not loaded; those of other kinds are in
   * {@link AttachReport.skipped}. libbpf: bpf_object__attach_skeleton().
   *
   * @throws {@link AttachError} or {@link PermissionError} of the first failure; what was attached is detached again
   */
  attach(options?: AttachAllOptions): AttachReport {
    const { name } = this;
    return attachAll({ name, programs: this.#autoattached, maps: Object.values(this.maps) }, options);
  }

  /**
   * Pins maps, loaded programs and open links below a folder of bpffs: all or nothing. A dot in a name becomes "_". A
   * link that is already pinned keeps its pin. libbpf: bpf_object__pin(), which pins no links.
   *
   * @param folder path in bpffs; it is made if it is missing
   * @returns the paths of the pins
   * @throws {@link BpfError} ERR_BPF_PIN if one can't be pinned, such as a link that the kernel does not have
   */
  pin(folder: string, options?: PinAllOptions): string[] {
    this.#lifetime.handle(`object ${this.name}`, "object.pin");
    const programs = this.#autoattached.map(([program]) => program);
    const maps: BpfMap[] = Object.values(this.maps);
    return pinAll({ name: this.name, programs, maps, links: [...this.#lifetime.links] }, folder, options);
  }

  /** True after `close()`. */
  get closed(): boolean {
    return this.#lifetime.closed;
  }

  /**
   * Detaches the object's links, except pinned ones, and closes its maps and programs. Idempotent. A pending test run
   * ends normally. libbpf: bpf_object__close().
   */
  close(): void {
    this.#lifetime.close();
  }

  /** Same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Waits for pending test runs, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lifetime.closeAfterWork();
  }
}
