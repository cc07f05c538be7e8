/** Global variables by name: those in .data, .bss and .rodata, decoded by their types. */

import { holdsManaged } from "../btf/fields";
import { type BtfType, resolved, sizeOf } from "../btf/types";
import { type BtfValue, type Codec, codecFrom, codecOf } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { ArgumentError } from "../errors";
import type { VariableDescription } from "../native";

/**
 * A variable's value, depending on its C type: a number for integers up to 32 bits, a bigint for 64 bits, a boolean, a
 * string for an array of char, an object for a struct. Values are copies: to change a field, assign the whole value.
 */
export type VariableValue = BtfValue;

/** Variables by name. Reading returns a copy, assigning writes; assigning to an unknown name throws a TypeError. */
export interface Variables {
  /** The variable's value, by its C name. */
  [name: string]: VariableValue;
}

/** Access to the bytes of variables. */
export interface VariableMemory {
  /** Whether programs use the memory concurrently. */
  readonly live: boolean;
  /** Size in bytes. The last variable of a section can grow. */
  sizeOf(variable: VariableDescription): number;
  read(variable: VariableDescription): Uint8Array;
  write(variable: VariableDescription, bytes: Uint8Array): void;
}

/** The type with a BTF id. */
export type TypeOf = (id: number) => BtfType;

/**
 * Defines one accessor per variable.
 *
 * @param isThere whether a variable can be read; others are not enumerable
 */
export function variablesOver(
  descriptions: readonly VariableDescription[],
  memory: VariableMemory,
  typeOf: TypeOf,
  u64: U64,
  isThere: (variable: VariableDescription) => boolean = () => true,
): Variables {
  const variables = Object.create(null) as Variables;
  for (const variable of descriptions) {
    const accessors = accessorsOf(variable, memory, typeOf, u64);
    Object.defineProperty(variables, variable.name, { enumerable: isThere(variable), ...accessors });
  }
  for (const name of new Set(descriptions.flatMap(({ shared = [] }) => shared))) {
    if (Object.hasOwn(variables, name)) continue;
    // Not enumerable, because it is not a variable.
    const ambiguous = (operation: "variable.get" | "variable.set") => (): never => {
      const own = descriptions.filter(({ shared }) => shared === name).map((one) => JSON.stringify(one.name));
      throw new ArgumentError(`variable ${name} is ambiguous: static variables of several files have this name`, {
        operation,
        hint: `Use one of ${own.map((key) => `variables[${key}]`).join(", ")}`,
      });
    };
    Object.defineProperty(variables, name, { get: ambiguous("variable.get"), set: ambiguous("variable.set") });
  }
  return Object.seal(variables);
}

function accessorsOf(variable: VariableDescription, memory: VariableMemory, typeOf: TypeOf, u64: U64) {
  let codec: Codec<unknown> | undefined;
  let made = -1;
  const current = () => {
    const size = memory.sizeOf(variable);
    if (codec !== undefined && made === size) return codec;
    made = size;
    const path = `variable ${variable.name}`;
    const type = grown(typeOf(variable.typeId), size);
    codec = hasNoSize(type)
      ? codecFrom({ op: "bytes", size, flexible: false }, path)
      : codecOf(type, { path, u64, managed: "skip" });
    return codec;
  };
  return {
    get: () => {
      const { decode } = current();
      const bytes = memory.read(variable);
      // A flexible array member lies beyond the struct's size.
      return decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length) as VariableValue;
    },
    set: (value: VariableValue) => {
      const { encode } = current();
      if (memory.live && holdsManaged(typeOf(variable.typeId))) throw managed(variable);
      const bytes = new Uint8Array(memory.sizeOf(variable));
      encode(value, new DataView(bytes.buffer), 0, bytes.length);
      memory.write(variable, bytes);
    },
  };
}

/** clang emits void for a type that BTF can't express, such as a complex number. Such a variable has only bytes. */
export const hasNoSize = (type: BtfType): boolean => sizeOf(type) === undefined;

/** Writing the whole variable would overwrite a lock that a program may hold. */
function managed({ name }: VariableDescription): ArgumentError {
  const message = `variable ${name} contains a kernel-managed field, such as a bpf_spin_lock: it can't be set after load`;
  const hint = "Set it on the ObjectSpec before load, or move the data to set into a separate variable";
  return new ArgumentError(message, { operation: "variable.set", hint });
}

/** An array with as many elements as fit the bytes; any other type unchanged. */
function grown(type: BtfType, size: number): BtfType {
  const array = resolved(type);
  const each = array.kind === "array" ? sizeOf(array.element) : undefined;
  if (array.kind !== "array" || !each || size === sizeOf(type)) return type;
  return { ...array, length: Math.floor(size / each) };
}
