/** A loaded object. */
import { ArgumentError } from "../errors";
import type { LogCallback } from "../log";
import type { BpfMap } from "../map/map";
import { openMap } from "../map/open";
import type { MapSpec } from "../map/spec";
import { type Handle, native, type VariableDescription } from "../native";
import { Program } from "../program/program";
import type { ProgramSpec } from "../program/spec";
import { byName, named } from "./by-name";
import { Lifetime } from "./lifetime";
import { memoryOf } from "./memory";
import { type TypeOf, type Variables, variablesOver } from "./variables";

/**
 * An object in the kernel: its programs can be attached, its maps and variables read and written.
 *
 * Close it with `close()`, or let `using` or `await using` do so. If nothing of it is referred to any more it is closed
 * by the garbage collector, but links never are: see {@link Link}.
 */
export class BpfObject implements Disposable, AsyncDisposable {
  readonly name: string;
  /** All programs, those with `autoload` off too; these can't be attached. */
  readonly programs: Readonly<Record<string, Program>>;
  /** All maps by their C names; the maps of global variables by their section, such as ".rodata". */
  readonly maps: Readonly<Record<string, BpfMap>>;
  /** Global variables in the kernel's memory: what a program writes is seen at once. Those of .rodata are read-only. */
  readonly variables: Variables;
  readonly #lifetime: Lifetime;

  /** @internal */
  constructor(
    handle: Handle,
    name: string,
    programs: readonly ProgramSpec[],
    maps: readonly MapSpec[],
    variables: readonly VariableDescription[],
    typeOf: TypeOf,
    onLog: LogCallback | undefined,
  ) {
    const lifetime = new Lifetime(handle, name, onLog);
    this.#lifetime = lifetime;
    this.name = name;
    this.programs = byName(programs.map((spec, index) => new Program(lifetime, spec, index)));
    this.maps = byName(
      maps.flatMap((_, index) => {
        const description = native.objectMap(handle, index);
        // A number: a map that this kernel was not asked to create (autocreate off).
        return typeof description === "number" ? [] : [openMap(lifetime, description, index)];
      }),
    );
    const indexOf = new Map(maps.map((map, index) => [map.sectionId, index]));
    this.variables = variablesOver(variables, memoryOf(lifetime, indexOf), typeOf);
  }

  /**
   * The map of a name and class, for callers without generated types: `object.map("events", RingBuffer)`.
   *
   * @throws {@link ArgumentError} if there is no such map, or it is of another class
   */
  map<T extends BpfMap>(name: string, type: abstract new (...args: never[]) => T): T {
    const map = named(this.maps, name, "map", this.name);
    if (map instanceof type) return map;
    throw new ArgumentError(`map ${name} is a ${map.type} map, no ${type.name}`, { map: name });
  }

  /**
   * The program of a name.
   *
   * @throws {@link ArgumentError} if there is none
   */
  program(name: string): Program {
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

  [Symbol.dispose](): void {
    this.close();
  }

  /** Waits for test runs in flight, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lifetime.closeAfterWork();
  }
}
