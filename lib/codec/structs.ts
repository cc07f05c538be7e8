/** Writes structs and unions: checks a value's fields, and whether a union's members agree. */
import { isDeepStrictEqual } from "node:util";
import { nearest } from "../nearest";
import { expected, ValueMismatch, within } from "./mismatch";
import type { Plan, PlannedField, StructPlan } from "./plan";

/**
 * Reads a value.
 *
 * @param end end offset of the bytes, for flexible arrays
 */
export type Reader = (view: DataView, offset: number, end: number) => unknown;
/** Writes a value over zeroed bytes. Throws {@link ValueMismatch}. */
export type Writer = (view: DataView, offset: number, end: number, value: unknown) => void;

/** Creates readers and writers of members; implemented by ./interpret. */
export interface Interpreter {
  readerOf(plan: Plan): Reader;
  writerOf(plan: Plan): Writer;
}

/** A value's fields by name, each read once because it may be a getter. A field that is undefined counts as missing. */
type Given = ReadonlyMap<string, unknown>;
type Fill = (view: DataView, offset: number, end: number, given: Given) => void;

export function writerOfStruct(plan: StructPlan, interpreter: Interpreter): Writer {
  const names = new Set(plan.fields.map(({ name }) => name));
  const fill = fillerOf(plan, interpreter);
  return (view, offset, end, value) => fill(view, offset, end, givenBy(value, plan.label, names));
}

function givenBy(value: unknown, label: string, names: ReadonlySet<string>): Given {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw expected(`an object (${label})`, value);
  }
  for (const name of Object.keys(value)) {
    if (names.has(name)) continue;
    const meant = nearest(name, names);
    const advice = meant === undefined ? "" : `; did you mean "${meant}"?`;
    throw new ValueMismatch(`${label} has no field ${JSON.stringify(name)}${advice}`);
  }
  const given = new Map<string, unknown>();
  for (const name of names) {
    const found = fieldOf(value, name);
    if (found !== undefined) given.set(name, found);
  }
  return given;
}

/** A property of `value`; inherited properties of Object.prototype do not count as fields. */
export function fieldOf(value: object, name: string): unknown {
  if (name in Object.prototype && !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function fillerOf(plan: StructPlan, interpreter: Interpreter): Fill {
  const members = plan.members.map((member) => memberOf(member, interpreter));
  if (plan.op === "union") return fillerOfUnion(plan, members);
  return (view, offset, end, given) => {
    for (const member of members) member.fill(view, offset, end, given);
  };
}

interface Member {
  readonly isGiven: (given: Given) => boolean;
  readonly fill: Fill;
  readonly read: Reader;
  /** Whether a decoded member equals the given one. */
  readonly isHeld: (held: unknown, given: Given) => boolean;
}

/** Wraps a member so that offsets are its parent's. */
function memberOf({ name, offset: at, plan }: PlannedField, interpreter: Interpreter): Member {
  const inner = interpreter.readerOf(plan);
  const read: Reader = (view, offset, end) => inner(view, offset + at, end);
  if (name !== "") {
    const write = interpreter.writerOf(plan);
    return {
      read,
      isGiven: (given) => given.has(name),
      fill: (view, offset, end, given) => {
        if (!given.has(name)) throw new ValueMismatch("is missing").within(`.${name}`);
        within(`.${name}`, () => write(view, offset + at, end, given.get(name)));
      },
      isHeld: (held, given) => isDeepStrictEqual(held, given.get(name)),
    };
  }
  const anonymous = plan as StructPlan;
  const given = anonymous.fields.map((field) => field.name);
  const fill = fillerOf(anonymous, interpreter);
  return {
    read,
    isGiven: (values) => given.some((name) => values.has(name)),
    fill: (view, offset, end, values) => fill(view, offset + at, end, values),
    isHeld: (held, values) =>
      given.every((name) => !values.has(name) || isDeepStrictEqual(fieldOf(held as object, name), values.get(name))),
  };
}

/**
 * Writes a union. One given member determines all bytes. If several are given, as in a decoded union, the bytes of one
 * must agree with all others.
 */
function fillerOfUnion(plan: StructPlan, members: readonly Member[]): Fill {
  const names = plan.fields.map(({ name }) => name).join(", ");
  const open = endsOpen(plan);
  return (view, offset, end, given) => {
    const present = members.filter((member) => member.isGiven(given));
    const [first] = present;
    if (first === undefined) {
      if (plan.fields.length > 0) throw new ValueMismatch(`${plan.label} needs one of ${names}`);
      return;
    }
    if (present.length === 1) return first.fill(view, offset, end, given);
    const size = open ? end - offset : plan.size;
    const drafts = present.map((member) => draftOf(member, size, given));
    const saysAll = (draft: DataView | ValueMismatch): draft is DataView =>
      !(draft instanceof ValueMismatch) &&
      present.every((member, index) => {
        const held = member.read(draft, 0, size);
        const own = drafts[index] as DataView | ValueMismatch;
        // A value that decoding produced needs no encoding of its own; text that is not UTF-8 has none.
        if (member.isHeld(held, given)) return true;
        return !(own instanceof ValueMismatch) && isDeepStrictEqual(held, member.read(own, 0, size));
      });
    const chosen = drafts.find(saysAll);
    if (chosen === undefined) {
      const wrong = drafts.find((draft) => draft instanceof ValueMismatch);
      throw wrong ?? new ValueMismatch(`the fields given of ${plan.label} disagree; give one of ${names}`);
    }
    for (let at = 0; at < size; at++) view.setUint8(offset + at, chosen.getUint8(at));
  };
}

function draftOf(member: Member, size: number, given: Given): DataView | ValueMismatch {
  const draft = new DataView(new ArrayBuffer(size));
  try {
    member.fill(draft, 0, size, given);
    return draft;
  } catch (error) {
    if (error instanceof ValueMismatch) return error;
    throw error;
  }
}

/** Whether a type ends in a flexible array. */
function endsOpen(plan: Plan): boolean {
  if (plan.op === "struct" || plan.op === "union") return plan.members.some((member) => endsOpen(member.plan));
  return "flexible" in plan && plan.flexible;
}
