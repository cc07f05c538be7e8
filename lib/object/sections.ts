/** The initial contents of an object's variable sections: .data, .bss, .rodata. */
import { resolved, sizeOf } from "../btf/types";
import { ArgumentError } from "../errors";
import type { Description, VariableDescription } from "../native";
import type { TypeOf, VariableMemory } from "./variables";

/** Sections are identified by the BTF ids of their types. */
export class Sections implements VariableMemory {
  readonly live = false;
  /** Variables in a section with contents. */
  readonly variables: readonly VariableDescription[];
  readonly #typeOf: TypeOf;
  /** Compiled contents; undefined for zeroes, of which a file may declare a gigabyte. */
  readonly #compiled: ReadonlyMap<number, { size: number; bytes: Uint8Array | undefined }>;
  /** Contents that differ from the compiled ones. */
  readonly #changed = new Map<number, Uint8Array>();
  readonly #sizes = new Map<number, number>();
  /** Those of {@link #changed} whose bytes others have too. */
  readonly #shared = new Set<number>();

  constructor({ maps, variables }: Description, typeOf: TypeOf) {
    this.#typeOf = typeOf;
    const sections = maps.filter(({ internal }) => internal);
    this.#compiled = new Map(
      sections.map(({ valueTypeId, valueSize, initial }) => [valueTypeId, { size: valueSize, bytes: initial }]),
    );
    this.variables = variables.filter(({ sectionId }) => this.#compiled.has(sectionId));
  }

  /** Takes the contents of the same object's, which copies them when they are written to. */
  copySettings(from: Sections): void {
    for (const [id, bytes] of from.#changed) {
      this.#changed.set(id, bytes);
      for (const one of [this, from]) one.#shared.add(id);
    }
    for (const [id, size] of from.#sizes) this.#sizes.set(id, size);
  }

  sizeOf(variable: VariableDescription): number {
    const section = this.#sizes.get(variable.sectionId);
    if (section === undefined || variable !== this.#last(variable.sectionId)) return variable.size;
    return section - variable.offset;
  }

  read(variable: VariableDescription): Uint8Array {
    const { sectionId, offset } = variable;
    const bytes = this.#changed.get(sectionId) ?? this.#compiled.get(sectionId)?.bytes ?? new Uint8Array();
    return resized(bytes.slice(offset, offset + this.sizeOf(variable)), this.sizeOf(variable));
  }

  write({ name, section, sectionId, offset }: VariableDescription, bytes: Uint8Array): void {
    if (section === ".kconfig") {
      const about = { operation: "variable.set" } as const;
      const hint = name.startsWith("CONFIG_") ? { hint: `Pass open(path, { kconfig: "${name}=…\\n" })` } : {};
      const message = `variable ${name} is extern __kconfig: libbpf sets it at load from the kernel's configuration`;
      throw new ArgumentError(message, { ...about, ...hint });
    }
    const changed = this.#changed.get(sectionId);
    const own = changed === undefined || this.#shared.delete(sectionId) ? this.contents(sectionId) : changed;
    this.#changed.set(sectionId, own);
    own.set(bytes, offset);
  }

  /** The contents for libbpf, if changed. */
  changed(sectionId: number): Uint8Array | undefined {
    return this.#changed.get(sectionId);
  }

  /** Identifies what differs from the compiled contents. */
  changes(): string {
    const changed = Array.from(this.#changed, ([id, bytes]) => [id, Buffer.from(bytes).toString("latin1")]);
    return changed.length + this.#sizes.size === 0 ? "" : JSON.stringify([changed, [...this.#sizes]]);
  }

  /** The variables with their current sizes. */
  current(): VariableDescription[] {
    return this.variables.map((variable) => ({ ...variable, size: this.sizeOf(variable) }));
  }

  /**
   * Resizes a section's last variable; an id that is not a section accepts any size. libbpf: map_btf_datasec_resize().
   *
   * @throws {@link ArgumentError} if that variable is not an array, or the size does not fit whole elements
   */
  resize(sectionId: number, size: number): void {
    const compiled = this.#compiled.get(sectionId);
    if (compiled === undefined) return;
    if (size === compiled.size) this.#sizes.delete(sectionId);
    else this.#sizes.set(sectionId, this.#checked(sectionId, size));
    const own = this.#changed.get(sectionId);
    if (own !== undefined && own.length !== size) this.#changed.set(sectionId, resized(own, size));
  }

  /** A copy of the current contents, at the current size. */
  contents(sectionId: number): Uint8Array {
    const { size = 0, bytes = new Uint8Array() } = this.#compiled.get(sectionId) ?? {};
    return resized(this.#changed.get(sectionId) ?? bytes, this.#sizes.get(sectionId) ?? size);
  }

  #last(sectionId: number): VariableDescription | undefined {
    const own = this.variables.filter((variable) => variable.sectionId === sectionId);
    return own.reduce(
      (last, variable) => (variable.offset >= last.offset ? variable : last),
      own[0] as VariableDescription,
    );
  }

  #checked(sectionId: number, size: number): number {
    const last = this.#last(sectionId);
    const array = last === undefined ? undefined : resolved(this.#typeOf(last.typeId));
    const each = array?.kind === "array" ? sizeOf(array.element) : undefined;
    if (last === undefined || !each) {
      const which = last === undefined ? "it has none" : `that is ${last.name}`;
      throw new ArgumentError(`a section of variables can grow only if the last one is an array; ${which}`, {
        operation: "map.valueSize",
      });
    }
    if (size < last.offset + each || (size - last.offset) % each !== 0) {
      const sizes = `${last.section} has ${last.offset} bytes plus ${each} for each element of ${last.name}`;
      throw new ArgumentError(`${sizes}; valueSize can't be ${size}`, {
        operation: "map.valueSize",
        map: last.section,
      });
    }
    return size;
  }
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(bytes.subarray(0, size));
  return result;
}
