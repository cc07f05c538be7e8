/**
 * Views: objects whose properties access memory. Reading a property reads the memory, assigning writes it; nothing is
 * cached.
 */

import type { BtfType } from "../btf/types";
import { little } from "../endian";
import { ArgumentError } from "../errors";
import type { SharedMemory } from "../native/shared-memory";
import { codecFrom, refusal } from "./codec";
import { rawOf, storeOf } from "./integers";
import { readerOf } from "./interpret";
import { ValueMismatch } from "./mismatch";
import { type CodecOptions, type IntPlan, type Plan, planOf, type StructPlan } from "./plan";

/** Creates the view at an offset. */
type Make = (memory: SharedMemory, offset: number, path: string) => unknown;
/** Writes an assigned value. */
type Assign = (memory: SharedMemory, offset: number, path: string, value: unknown) => void;

/**
 * Creates a view of the struct, union or array at an offset of shared memory. Fields are accessors and nested structs
 * are views. An array of numbers is a typed array over the memory where possible, other arrays are lists. Strings and
 * byte arrays are copied when read.
 *
 * An aligned field of up to 64 bits is read and written with a single access. A bit-field is written by rewriting its
 * bytes, a string or struct byte by byte: a BPF program can observe a partial write.
 *
 * @throws {@link ArgumentError} for any other type, or if the memory ends before the value
 */
export function viewOf<T>(type: BtfType, memory: SharedMemory, offset: number, options: CodecOptions): T {
  return viewMaker<T>(type, options)(memory, offset);
}

/** A factory for views of one type, for many {@link viewOf} of it. */
export type ViewMaker<T> = (memory: SharedMemory, offset: number) => T;

/**
 * Creates a factory for views of a type.
 *
 * @throws {@link ArgumentError} for a type without views
 */
export function viewMaker<T>(type: BtfType, options: CodecOptions): ViewMaker<T> {
  const plan = planOf(type, options);
  const make = nestedOf(plan);
  if (make === undefined) throw refuse(options.path, "only structs, unions and arrays can be viewed");
  return (memory, offset) => {
    checkRoom(memory, offset, plan.size, options.path);
    return make(memory, offset, options.path) as T;
  };
}

/** Layout of an array of views. */
export interface Elements {
  readonly length: number;
  /** Distance between elements in bytes, if it is not the type's size. */
  readonly stride?: number;
}

/**
 * Creates a view of consecutive elements of one type, such as the values of an array map.
 *
 * @throws {@link ArgumentError} for a type without values, or if the memory ends before the elements
 */
export function elementsOf<T>(
  type: BtfType,
  memory: SharedMemory,
  offset: number,
  { length, stride }: Elements,
  options: CodecOptions,
): T {
  const element = planOf(type, options);
  const each = stride ?? element.size;
  checkRoom(memory, offset, each * length, options.path);
  return listOf(element, length, each)(memory, offset, options.path) as T;
}

function checkRoom(memory: SharedMemory, offset: number, size: number, path: string): void {
  const { byteLength } = memory.view;
  if (Number.isSafeInteger(offset) && offset >= 0 && offset + size <= byteLength) return;
  throw refuse(path, `it needs ${size} bytes at offset ${offset}, but the memory has ${byteLength}`);
}

function refuse(path: string, what: string): ArgumentError {
  return new ArgumentError(`${path}: ${what}`, { operation: "view" });
}

/** The view factory of a composite type; undefined for a type that is read as a whole. */
function nestedOf(plan: Plan): Make | undefined {
  if (plan.op === "struct" || plan.op === "union") return structOf(plan);
  if (plan.op === "bytes") return listOf(BYTE, plan.size, 1);
  // Not for a flexible array: the end of a value in shared memory is unknown.
  return plan.op === "array" ? listOf(plan.element, plan.length, plan.element.size) : undefined;
}

const BYTE: IntPlan = { op: "int", size: 1, width: 8, shift: undefined, signed: false, as: "number", expected: "u8" };

function structOf(plan: StructPlan): Make {
  const fields = plan.fields.map(({ name, offset, plan }) => ({ name, offset, plan, make: nestedOf(plan) }));

  class View {
    readonly #memory: SharedMemory;
    readonly #offset: number;
    readonly #path: string;
    readonly #nested: unknown[] = [];

    constructor(memory: SharedMemory, offset: number, path: string) {
      this.#memory = memory;
      this.#offset = offset;
      this.#path = path;
      // Assigning to an unknown field throws.
      Object.preventExtensions(this);
    }

    static {
      for (const [index, { name, offset, plan, make }] of fields.entries()) {
        const read = readerOf(plan);
        const assign = assignOf(plan);
        const step = `.${name}`;
        Object.defineProperty(View.prototype, name, {
          enumerable: true,
          get:
            make === undefined
              ? function (this: View) {
                  return read(this.#memory.view, this.#offset + offset, 0);
                }
              : function (this: View) {
                  this.#nested[index] ??= make(this.#memory, this.#offset + offset, this.#path + step);
                  return this.#nested[index];
                },
          set(this: View, value: unknown) {
            assign(this.#memory, this.#offset + offset, this.#path + step, value);
          },
        });
      }
    }
  }
  // Only the fields: no constructor and no toString(), whose names a field could have.
  if (!fields.some(({ name }) => name === "constructor")) Reflect.deleteProperty(View.prototype, "constructor");
  if (!fields.some(({ name }) => name === "__proto__")) Object.setPrototypeOf(View.prototype, null);
  return (memory, offset, path) => new View(memory, offset, path);
}

function listOf(element: Plan, length: number, stride: number): Make {
  const nested = nestedOf(element);
  if (nested !== undefined) {
    return (memory, offset, path) =>
      Object.freeze(Array.from({ length }, (_, index) => nested(memory, offset + index * stride, `${path}[${index}]`)));
  }
  const typed = stride === element.size ? typedArrayFor(element) : undefined;
  const read = readerOf(element);
  const assign = assignOf(element);
  return (memory, offset, path) => {
    const { buffer, byteOffset } = memory.view;
    const start = byteOffset + offset;
    // A typed array would write without checking that the memory is writable.
    const direct = typed !== undefined && memory.writable && start % typed.BYTES_PER_ELEMENT === 0;
    if (direct) return new typed(buffer as ArrayBuffer, start, length);
    return scalars(memory, length, path, {
      read: (index) => read(memory.view, offset + index * stride, 0),
      write: (index, value) => assign(memory, offset + index * stride, `${path}[${index}]`, value),
    });
  };
}

type TypedArrayMaker = {
  new (buffer: ArrayBuffer, offset: number, length: number): object;
  readonly BYTES_PER_ELEMENT: number;
};

function typedArrayFor(plan: Plan): TypedArrayMaker | undefined {
  if (plan.op === "float") return plan.size === 4 ? Float32Array : Float64Array;
  if (plan.op !== "int" || plan.as === "bool" || plan.as === "enum") return undefined;
  if ((plan.as === "bigint") !== (plan.size === 8)) return undefined;
  const signed = { 1: Int8Array, 2: Int16Array, 4: Int32Array, 8: BigInt64Array };
  const unsigned = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };
  return (plan.signed ? signed : unsigned)[plan.size as 1 | 2 | 4 | 8];
}

interface Access {
  read(index: number): unknown;
  write(index: number, value: unknown): void;
}

/** An array that reads and writes each element in memory. */
function scalars(memory: SharedMemory, length: number, path: string, { read, write }: Access): unknown[] {
  const indexOf = (key: string | symbol) => {
    const index = typeof key === "string" ? Number(key) : Number.NaN;
    return String(index) === key && index >= 0 && index < length ? index : undefined;
  };
  const fixed = () => {
    throw refuse(path, `an array in memory has a fixed length of ${length}`);
  };
  return new Proxy(new Array(length), {
    get(target, key, receiver) {
      const index = indexOf(key);
      return index === undefined ? Reflect.get(target, key, receiver) : read(index);
    },
    set(_, key, value) {
      const index = indexOf(key) ?? fixed();
      write(index, value);
      return true;
    },
    has: (target, key) => indexOf(key) !== undefined || Reflect.has(target, key),
    ownKeys: (target) => [...Array.from({ length }, (_, index) => String(index)), ...Reflect.ownKeys(target)],
    getOwnPropertyDescriptor(target, key) {
      const index = indexOf(key);
      if (index === undefined) return Reflect.getOwnPropertyDescriptor(target, key);
      return { value: read(index), writable: memory.writable, enumerable: true, configurable: true };
    },
    defineProperty: fixed,
    deleteProperty: fixed,
  });
}

function assignOf(plan: Plan): Assign {
  return plan.op === "int" ? assignInt(plan) : plan.op === "float" ? assignFloat(plan) : assignWhole(plan);
}

function assignInt(plan: IntPlan): Assign {
  const raw = rawOf(plan);
  const store = storeOf(plan);
  return (memory, offset, path, value) => {
    const target = memory.target;
    try {
      store(target, offset, raw(value));
    } catch (error) {
      throw error instanceof ValueMismatch ? refusal(path, error) : error;
    }
  };
}

function assignFloat({ size }: { size: 4 | 8 }): Assign {
  const check = assignWhole({ op: "float", size });
  return (memory, offset, path, value) => {
    if (size === 8 && typeof value === "number") memory.target.setFloat64(offset, value, little);
    else check(memory, offset, path, value);
  };
}

/** Encodes into private memory first, so that a value that does not fit changes nothing. */
function assignWhole(plan: Plan): Assign {
  return (memory, offset, path, value) => {
    const draft = new DataView(new ArrayBuffer(plan.size));
    codecFrom(plan, path, () => undefined).encode(value, draft, 0);
    const target = memory.target;
    for (let at = 0; at < plan.size; at++) target.setUint8(offset + at, draft.getUint8(at));
  };
}
