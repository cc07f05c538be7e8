/** Global variables by name: those of .data, .bss and .rodata. Integers, booleans and byte ranges. */

import { isUint8Array } from "node:util/types";
import { little } from "../endian";
import { ArgumentError } from "../errors";
import type { VariableDescription } from "../native";

/**
 * A variable's value: a number for integers of up to 32 bits, a bigint for 64 bits, a boolean for bool, else its bytes
 * (a copy).
 */
export type VariableValue = number | bigint | boolean | Uint8Array;

/** Variables by name. Reading copies, assigning writes; assigning to an unknown name throws a TypeError. */
export interface Variables {
  [name: string]: VariableValue;
}

/** Where the bytes of variables are. */
export interface VariableMemory {
  read(variable: VariableDescription): Uint8Array;
  write(variable: VariableDescription, bytes: Uint8Array): void;
}

/** Makes one accessor for each variable. */
export function variablesOver(descriptions: readonly VariableDescription[], memory: VariableMemory): Variables {
  const variables = Object.create(null) as Variables;
  for (const variable of descriptions) {
    const { name } = variable;
    const sections = descriptions.filter((other) => other.name === name).map(({ section }) => section);
    const ambiguous = (): never => {
      const hint = "Give one of them another name";
      throw new ArgumentError(`variable ${name} is ambiguous: it is in ${sections.join(" and ")}`, { hint });
    };
    Object.defineProperty(variables, name, {
      enumerable: true,
      configurable: true, // until sealed: static variables of linked objects may share a name
      get: sections.length > 1 ? ambiguous : () => decodeVariable(variable, memory.read(variable)),
      set:
        sections.length > 1
          ? ambiguous
          : (value: VariableValue) => memory.write(variable, encodeVariable(variable, value)),
    });
  }
  return Object.seal(variables);
}

export function decodeVariable({ format, size }: VariableDescription, bytes: Uint8Array): VariableValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (format === "bool" && size === 1) return bytes[0] !== 0;
  if (format === "int" || format === "uint") {
    const signed = format === "int";
    if (size === 1) return signed ? view.getInt8(0) : view.getUint8(0);
    if (size === 2) return signed ? view.getInt16(0, little) : view.getUint16(0, little);
    if (size === 4) return signed ? view.getInt32(0, little) : view.getUint32(0, little);
    if (size === 8) return signed ? view.getBigInt64(0, little) : view.getBigUint64(0, little);
  }
  return bytes.slice();
}

export function encodeVariable(variable: VariableDescription, value: VariableValue): Uint8Array {
  const { name, format, size } = variable;
  const bytes = new Uint8Array(size);
  if (isUint8Array(value)) {
    if (value.length !== size) throw new ArgumentError(`variable ${name} has ${size} bytes, got ${value.length}`);
    bytes.set(value);
    return bytes;
  }
  const isInteger = format !== "bytes" && (size === 1 || size === 2 || size === 4 || size === 8);
  if (!isInteger) throw new ArgumentError(`variable ${name} takes a Uint8Array of ${size} bytes, got ${typeof value}`);
  let integer: bigint;
  if (typeof value === "bigint") integer = value;
  else if (typeof value === "boolean" || Number.isSafeInteger(value)) integer = BigInt(value);
  else throw new ArgumentError(`variable ${name} takes an integer, got ${String(value)}`);
  const bits = size * 8;
  const fits = format === "int" ? BigInt.asIntN(bits, integer) === integer : BigInt.asUintN(bits, integer) === integer;
  const inRange = format === "bool" ? integer === 0n || integer === 1n : fits;
  if (!inRange)
    throw new ArgumentError(
      `variable ${name}: ${integer} does not fit ${format === "bool" ? "bool" : `${format}${bits}`}`,
    );
  const view = new DataView(bytes.buffer);
  const raw = BigInt.asUintN(bits, integer);
  if (size === 8) view.setBigUint64(0, raw, little);
  else if (size === 4) view.setUint32(0, Number(raw), little);
  else if (size === 2) view.setUint16(0, Number(raw), little);
  else view.setUint8(0, Number(raw));
  return bytes;
}
