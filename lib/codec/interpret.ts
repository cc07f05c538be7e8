/**
 * Interprets plans with nested closures. Handles every value, unions included, and reports what is wrong with a value
 * and where. The generated code of ./generate handles the plain cases and falls back to this.
 */
import { little as thisMachine } from "../endian";
import { loadOf, meaningOf, numberOf, rawOf, storeOf } from "./integers";
import { expected, within } from "./mismatch";
import type { ArrayPlan, Plan } from "./plan";
import { type Reader, type Writer, writerOfStruct } from "./structs";
import { readBytes, readText, writeBytes, writeText } from "./text";

/** A local copy: an imported binding is looked up at each use. */
const little = thisMachine;

export function readerOf(plan: Plan): Reader {
  switch (plan.op) {
    case "int": {
      if (plan.as === "number" && plan.size === 8 && plan.shift === undefined) return numberOf(plan);
      const load = loadOf(plan);
      if (plan.as === (plan.width > 32 ? "bigint" : "number")) return load;
      const value = meaningOf(plan);
      return (view, offset) => value(load(view, offset));
    }
    case "float":
      return plan.size === 4
        ? (view, offset) => view.getFloat32(offset, little)
        : (view, offset) => view.getFloat64(offset, little);
    case "chars":
    case "bytes": {
      const { size, flexible } = plan;
      const read = plan.op === "chars" ? readText : readBytes;
      return (view, offset, end) => read(view, offset, flexible ? left(offset, end) : size);
    }
    case "array": {
      const read = readerOf(plan.element);
      const stride = plan.element.size;
      return (view, offset, end) => {
        const values: unknown[] = [];
        for (let i = lengthOf(plan, offset, end), at = offset; i > 0; i--, at += stride)
          values.push(read(view, at, end));
        return values;
      };
    }
    default: {
      const fields = plan.fields.map(({ name, offset, plan }) => ({ name, offset, read: readerOf(plan) }));
      return (view, offset, end) => {
        const value = {};
        for (const { name, offset: at, read } of fields) define(value, name, read(view, offset + at, end));
        return value;
      };
    }
  }
}

export function writerOf(plan: Plan): Writer {
  switch (plan.op) {
    case "int": {
      const raw = rawOf(plan);
      const store = storeOf(plan);
      return (view, offset, _, value) => store(view, offset, raw(value));
    }
    case "float":
      return plan.size === 4
        ? (view, offset, _, value) => view.setFloat32(offset, single(value), little)
        : (view, offset, _, value) => view.setFloat64(offset, number(value), little);
    case "chars":
    case "bytes": {
      const { op, size, flexible } = plan;
      return (view, offset, end, value) => {
        const room = flexible ? left(offset, end) : size;
        if (op === "chars") writeText(view, offset, room, value);
        else writeBytes(view, offset, room, flexible, value);
      };
    }
    case "array":
      return writerOfArray(plan);
    default:
      return writerOfStruct(plan, { readerOf, writerOf });
  }
}

function writerOfArray(plan: ArrayPlan): Writer {
  const write = writerOf(plan.element);
  const stride = plan.element.size;
  return (view, offset, end, value) => {
    const room = lengthOf(plan, offset, end);
    const list =
      Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)) ? value : undefined;
    const length = (list as unknown[] | undefined)?.length ?? -1;
    const fits = plan.flexible ? length >= 0 && length <= room : length === room;
    if (!fits) throw expected(`an array of ${plan.flexible ? "at most " : ""}${room}`, value);
    for (let i = 0; i < length; i++) {
      within(`[${i}]`, () => write(view, offset + i * stride, end, (list as unknown[])[i]));
    }
  };
}

/** Number of elements of an array; a flexible array has as many as fit before `end`. */
export function lengthOf({ flexible, length, element }: ArrayPlan, offset: number, end: number): number {
  if (!flexible) return length;
  return element.size === 0 ? 0 : Math.floor(left(offset, end) / element.size);
}

function left(offset: number, end: number): number {
  return Math.max(0, end - offset);
}

function number(value: unknown): number {
  if (typeof value !== "number") throw expected("a number", value);
  return value;
}

function single(value: unknown): number {
  const given = number(value);
  if (Number.isFinite(given) && !Number.isFinite(Math.fround(given))) throw expected("f32", value);
  return given;
}

/** Defines a property, also one named __proto__. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
