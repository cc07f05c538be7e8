/** A loaded object. */
import type { Codec } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { ArgumentError, shown } from "../errors";
import type { BpfMap } from "../map/map";
import type { MapSpec } from "../map/map-spec";
import { mapOfObject } from "../map/open";
import { type Handle, native, type VariableDescription } from "../native";
import { Lifetime } from "../native/lifetime";
import type { LogCallback } from "../native/log";
import { Program } from "../program/program";
import type { GivenProgram } from "../program/program-spec";
import { refuseOthers } from "../receivers";
import { byName, named } from "./by-name";
import type { AnyShape, ObjectShape, Programs } from "./shape";
import { memoryOf } from "./variable-memory";
import { type TypeOf, variablesOver } from "./variables";

/**
 * An object in the kernel: its programs can be attached, its maps and variables read and written. `S` says which it has, where
 * types were generated for it.
 *
 * Close it with `close()`, or let `using` or `await using` do so. If nothing of it is referred to any more it is closed
 * by the garbage collector, but links never are: see {@link Link}.
 */
export class BpfObject<S extends ObjectShape = AnyShape> implements Disposable, AsyncDisposable {
  static {
    refuseOthers(BpfObject, (value) => #lifetime in value);
  }

  readonly name: string;
  /** All programs, those with `autoload` off too; these can't be attached. */
  readonly programs: Programs<S>;
  /** All maps by their C names; the maps of global variables by their section, such as ".rodata". */
  readonly maps: Readonly<S["maps"]>;
  /** Global variables in the kernel's memory: what a program writes is seen at once. Those of .rodata are read-only. */
  readonly variables: S["variables"];
  readonly #lifetime: Lifetime;

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
    this.programs = byName(programs.map((spec, index) => new Program(lifetime, spec, index)));
    this.maps = byName(
      maps.flatMap((spec, index) => {
        const description = native.objectMap(handle, index);
        // A number: a map that this kernel was not asked to create (autocreate off).
        if (typeof description === "number") return [];
        const codecs = { ...spec.loadedCodecs(description), event: events.get(spec.name) };
        return [mapOfObject(lifetime, description, spec.name, index, codecs)];
      }),
    );
    const indexOf = new Map(maps.map((map, index) => [map.sectionId, index]));
    const memory = memoryOf(lifetime, indexOf, this.maps);
    // Those of a section that was not made are told so when they are asked for; `{...object.variables}` is of the others.
    const isThere = ({ section }: VariableDescription) => Object.hasOwn(this.maps, section);
    this.variables = variablesOver(variables, memory, typeOf, u64, isThere);
  }

  /**
   * The map of a name and class, for callers without generated types: `object.map("events", RingBuffer)`.
   *
   * @throws {@link ArgumentError} if there is no such map, or it is of another class
   */
  map<T extends BpfMap>(name: keyof S["maps"] & string, type: abstract new (...args: never[]) => T): T {
    const map: BpfMap = named(this.maps, name, "map", this.name);
    if (typeof type !== "function" || typeof type.prototype !== "object")
      throw new ArgumentError(`map(name, class) takes the map's class, got ${shown(type)}`, {
        map: name,
        hint: `It is a ${map.constructor.name}; object.maps has all maps without`,
      });
    if (map instanceof type) return map;
    const other = map.constructor.name === type.name ? " of another copy of node-libbpf: npm ls node-libbpf" : "";
    throw new ArgumentError(`map ${name} is a ${map.type} map, no ${type.name}${other}`, { map: name });
  }

  /**
   * The program of a name.
   *
   * @throws {@link ArgumentError} if there is none
   */
  program<N extends keyof S["programs"] & string>(name: N): Program<S["programs"][N]> {
    return named(this.programs, name, "program", this.name);
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#lifetime.closed;
  }

  /**
   * Detaches the object's links (pinned ones stay attached), and closes its maps and programs. Idempotent. A test run
   * in flight ends normally.
   */
  close(): void {
    this.#lifetime.close();
  }

  /** `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Waits for test runs in flight, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lifetime.closeAfterWork();
  }
}
