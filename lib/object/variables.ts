/** Global variables by name: those of .data, .bss and .rodata, as their types say. */

import { holdsManaged } from "../btf/fields";
import { type BtfType, resolved, sizeOf } from "../btf/types";
import { type BtfValue, type Codec, codecFrom, codecOf } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { ArgumentError } from "../errors";
import type { VariableDescription } from "../native";

/**
 * A variable's value, as its C type says: a number for integers of up to 32 bits, a bigint for those of 64, a boolean, a text for
 * an array of char, an object for a struct. What is read is a copy: to change a field, assign the whole.
 */
export type VariableValue = BtfValue;

/** Variables by name. Reading copies, assigning writes; assigning to an unknown name throws a TypeError. */
export interface Variables {
  [name: string]: VariableValue;
}

/** Where the bytes of variables are. */
export interface VariableMemory {
  /** Whether programs use it meanwhile. */
  readonly live: boolean;
  /** Its bytes: the last of a section can grow. */
  sizeOf(variable: VariableDescription): number;
  read(variable: VariableDescription): Uint8Array;
  write(variable: VariableDescription, bytes: Uint8Array): void;
}

/** The type of a BTF id. */
export type TypeOf = (id: number) => BtfType;

/**
 * Makes one accessor for each variable.
 *
 * @param isThere tells those that can be read; the others are not enumerable
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
    // Not enumerable: it is none of them.
    const ambiguous = (operation: "variable.get" | "variable.set") => (): never => {
      const own = descriptions.filter(({ shared }) => shared === name).map((one) => JSON.stringify(one.name));
      throw new ArgumentError(`variable ${name} is ambiguous: static variables of several files have this name`, {
        operation,
        hint: `They are ${own.map((key) => `variables[${key}]`).join(", ")}`,
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
      // A struct's flexible array has what is behind its size.
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

/** clang writes void for a type that BTF can't say, such as a complex number: bytes are all that is known of it. */
export const hasNoSize = (type: BtfType): boolean => sizeOf(type) === undefined;

/** Writing the whole would write a lock that a program may hold. */
function managed({ name }: VariableDescription): ArgumentError {
  const message = `variable ${name} holds what the kernel manages, such as a bpf_spin_lock: it can't be set after load`;
  const hint = "Set it on the ObjectSpec before load, or move what is to be set to a variable of its own";
  return new ArgumentError(message, { operation: "variable.set", hint });
}

/** An array with as many elements as there are bytes for; any other type as it is. */
function grown(type: BtfType, size: number): BtfType {
  const array = resolved(type);
  const each = array.kind === "array" ? sizeOf(array.element) : undefined;
  if (array.kind !== "array" || !each || size === sizeOf(type)) return type;
  return { ...array, length: Math.floor(size / each) };
}
