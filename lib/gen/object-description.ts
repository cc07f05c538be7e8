/** Describes an object for code generation: its programs, maps and variables, with their types. */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { type BtfType, resolved } from "../btf/types";
import { mapClasses, mapTypeName, mapTypeRow } from "../map-types";
import { type ObjectSpec, open } from "../object/object-spec";
import { eventTypes, recordTypes } from "../object/record-types";
import { hasNoSize } from "../object/variables";
import { contextType } from "../program/context";
import { declaration, typeName } from "./declaration";
import { byText } from "./names";

/** A type and where it was found. */
export interface Root {
  type: BtfType;
  /** Its name if the type is unnamed. */
  wish: string;
  path: string;
}

interface Item {
  name: string;
  /** Its C declaration, or a similar description. */
  doc: string;
}

export interface ProgramItem extends Item {
  kind: string;
  /** Of a syscall program; those of others come from the kernel. */
  context?: Root;
}

/** A map class. */
export interface ClassItem {
  className: string;
  /** Its type arguments; "bytes" where the object declares no type. */
  parameters: readonly (Root | ClassItem | "bytes")[];
}

export interface MapItem extends Item, ClassItem {}

export interface VariableItem extends Item {
  root: Root | "bytes";
  constant: boolean;
}

/** The object's items. Each list is sorted by name, because the compiler's order is arbitrary. */
export interface ObjectItems {
  programs: readonly ProgramItem[];
  maps: readonly MapItem[];
  variables: readonly VariableItem[];
  /** All types, including those reachable only through a function or a pointer. */
  roots: readonly Root[];
}

/**
 * Collects the items of an object.
 *
 * @param events record types of ring buffers by map name, which override tags
 * @throws the errors of {@link open}
 */
export function objectItems(bytes: Uint8Array, label: string, events: Readonly<Record<string, string>>): ObjectItems {
  const spec = open(bytes, { name: objectName(label) });
  const { btf } = spec;
  const functions = functionsOf(btf);
  const programs = Object.values(spec.programs).map(({ name, kind, section }) => {
    const type = functions.get(name);
    const context = kind === "syscall" && type !== undefined ? contextType(type) : undefined;
    return {
      name,
      kind,
      doc: `SEC("${section}")${type === undefined ? "" : ` ${declaration(type, name)}`}`,
      ...(context !== undefined && { context: { type: context, wish: `${name}_context`, path: `${name}.context` } }),
    };
  });
  const maps = mapsOf(spec, btf, eventTypes(btf, Object.values(spec.maps), events, label));
  const variables = variablesOf(spec, btf);
  const roots = [
    ...maps.flatMap(rootsOf),
    ...variables.flatMap(({ root }) => (root === "bytes" ? [] : [root, ...pointee(root)])),
    ...Array.from(recordTypes(btf, label), ([name, type]) => ({ type, wish: `${name}_record`, path: name })),
    ...Array.from(functions).flatMap(([name, type]) => parametersOf(name, type, spec).flatMap(pointee)),
  ];
  return { programs: sorted(programs), maps: sorted(maps), variables: sorted(variables), roots };
}

/** The object's name as in open(): "guard" for "guard.bpf.o". */
export const objectName = (fileName: string): string => fileName.replace(/\..*/, "") || "object";

function sorted<T extends { name: string }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => byText(a.name, b.name));
}

/** Programs and global functions by name. */
function functionsOf(btf: Btf): Map<string, BtfType> {
  const found = new Map<string, BtfType>();
  btf.scan({ [BtfKind.FUNC]: "" }, (_, name, id) => {
    const node = btf.type(id);
    if (node.kind === "func" && node.linkage === "global") found.set(name, node);
  });
  return found;
}

/**
 * The parameters of a global function or syscall program, whose context the caller provides. Other programs get
 * contexts from the kernel.
 */
function parametersOf(name: string, type: BtfType, spec: ObjectSpec): Root[] {
  const kind = spec.programs[name]?.kind ?? "syscall";
  const prototype = type.kind === "func" ? type.prototype : type;
  if (kind !== "syscall" || prototype.kind !== "func_proto") return [];
  return prototype.parameters.map((parameter) => ({
    type: parameter.type,
    wish: `${name}_${parameter.name}`,
    path: `${name}.${parameter.name}`,
  }));
}

/** The target of a pointer, if it can have a name. */
function pointee({ type, wish, path }: Root): Root[] {
  const pointer = resolved(type);
  if (pointer.kind !== "ptr") return [];
  const target = resolved(pointer.target);
  // An enum of size 0 is a forward declaration.
  const isDefined = "members" in target || ("values" in target && target.size > 0);
  return isDefined ? [{ type: pointer.target, wish, path }] : [];
}

function mapsOf(spec: ObjectSpec, btf: Btf, events: ReadonlyMap<string, BtfType>): MapItem[] {
  const declared = spec.described.filter(({ section }) => section === ".maps");
  const definitions = new Map(declared.map(({ name, typeId }) => [name, definitionOf(btf.type(typeId))]));
  return Object.values(spec.maps).map(({ name, type, maxEntries }) => {
    // Variables are accessed by name; only the map's size can be set.
    if (name.startsWith(".")) return { name, className: "BpfMap", parameters: [], doc: `The variables in ${name}` };
    const definition = { ...definitions.get(name), event: events.get(name) };
    const { key, value, event } = definition;
    const words = [`BPF_MAP_TYPE_${type.toUpperCase()}`, `max_entries ${maxEntries}`];
    for (const [element, type] of Object.entries({ key, value, event }))
      if (type) words.push(`${element} ${typeName(type)}`);
    return { name, ...classItem(type, definition, name, name), doc: words.join(", ") };
  });
}

/** A map definition: `__uint(type, …)`, `__type(key, …)`, `__type(value, …)`, `__array(values, …)`. */
interface Definition {
  type?: string;
  key?: BtfType;
  value?: BtfType;
  event?: BtfType | undefined;
  inner?: Definition;
}

function classItem(type: string, definition: Definition, wish: string, path: string): ClassItem {
  const className = mapTypeRow(type)?.class ?? "BpfMap";
  const parameters = mapClasses[className].map((element) => {
    const place = { wish: `${wish}_${element}`, path: `${path}.${element}` };
    if (element !== "inner") {
      const type = definition[element];
      return type === undefined ? "bytes" : { type, ...place };
    }
    const inner = definition.inner ?? {};
    return classItem(inner.type ?? "", inner, place.wish, place.path);
  });
  return { className, parameters };
}

function rootsOf({ parameters }: ClassItem): Root[] {
  return parameters.flatMap((parameter) => {
    if (parameter === "bytes") return [];
    return "type" in parameter ? [parameter] : rootsOf(parameter);
  });
}

/**
 * Map definitions are structs of pointers. The pointers' targets hold the types, and array lengths hold the numbers.
 */
function definitionOf(type: BtfType): Definition {
  const found: Definition = {};
  const struct = resolved(type);
  if (struct.kind !== "struct") return found;
  for (const member of struct.members) {
    const bare = resolved(member.type);
    const pointer = bare.kind === "array" ? resolved(bare.element) : bare;
    if (pointer.kind !== "ptr") continue;
    const { target } = pointer;
    if (member.name === "key" || member.name === "value") found[member.name] = target;
    else if (member.name === "values") found.inner = definitionOf(target);
    else if (member.name === "type" && target.kind === "array") found.type = mapTypeName(target.length);
  }
  return found;
}

function variablesOf(spec: ObjectSpec, btf: Btf): VariableItem[] {
  const known = new Set(Object.keys(spec.variables));
  return spec.described.flatMap(({ name, shared = name, section, typeId }) => {
    if (!known.has(name) || spec.maps[section] === undefined) return [];
    const type = btf.type(typeId);
    const constant = section.startsWith(".rodata") || section === ".kconfig";
    const root = hasNoSize(type) ? "bytes" : { type, wish: name, path: name };
    return [{ name, root, constant, doc: `${declaration(type, shared)}, in ${section}` }];
  });
}
