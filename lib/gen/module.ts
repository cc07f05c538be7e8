/**
 * Generates the TypeScript module of an object: its types, its shape, and an open() that finds it. Formatted as biome
 * does.
 */
import { codecOf } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { mapClasses } from "../map-types";
import { byText, inComment, literalKey, pascalCase, propertyKey } from "./names";
import { type ClassItem, type MapItem, type ObjectItems, objectItems, objectName } from "./object-description";
import { TypeWriter } from "./typescript-types";

/** Options of {@link generateModule}. */
export interface GenerateOptions {
  /** The object's file name, such as "guard.bpf.o": names the shape and appears in the header. */
  fileName: string;
  /** Path of the object relative to the module's folder; undefined embeds the object's bytes in the module. */
  path: string | undefined;
  module: "esm" | "cjs";
  /** Record types of ring buffers by map name, such as "struct exec_event". They override tags. */
  events?: Readonly<Record<string, string>>;
  /** How 64-bit integers are decoded. Default "bigint". */
  u64?: U64 | undefined;
}

/** Names that every module imports or declares. */
const OWN = ["ObjectSpec", "OpenOptions", "join", "open", "openObject", "OBJECT"];

/** Maximum line width. */
const WIDTH = 120;

/**
 * Generates a module with the types of an object. The same bytes and options give the same text.
 *
 * @throws {@link ArgumentError} with the type's path, for types without a TypeScript equivalent; the errors of {@link
 *   open}
 */
export function generateModule(bytes: Uint8Array, options: GenerateOptions): string {
  const { fileName, events = {}, u64 = "bigint" } = options;
  const name = objectName(fileName);
  const shape = pascalCase(name, [...OWN, ...Object.keys(mapClasses)]);
  const items = objectItems(bytes, fileName, events);
  const types = new TypeWriter([shape, ...OWN, ...importedTypes(items)], u64);
  // Collect all types before writing any: names depend on each other.
  for (const { type, wish, path } of items.roots) {
    // A type that fails at run time must fail here.
    codecOf(type, { path, managed: "skip" });
    types.add(type, wish, path);
  }
  const parts = [
    `// Written by node-libbpf gen from ${inComment(fileName)}. Do not edit.\n${imports(items, options)}`,
    types.render(),
    shapeOf(shape, items, types, fileName),
    options.path === undefined
      ? `/** ${inComment(fileName)} */\n${assignment(Buffer.from(bytes).toString("base64"))}`
      : "",
    opener(name, shape, events, options),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** `before`, then the entries, then `after`: on one line, or one entry per line if they do not fit. */
function list(before: string, entries: readonly string[], after: string, indent: string, padding = ""): string {
  const line = `${before}${padding}${entries.join(", ")}${padding}${after}`;
  if (indent.length + line.length <= WIDTH) return line;
  const trailing = padding === "" ? "" : ",";
  return `${before}\n${indent}  ${entries.join(`,\n${indent}  `)}${trailing}\n${indent}${after}`;
}

const typed = (names: readonly string[] = []) => names.toSorted(byText).map((name) => `type ${name}`);

function importedTypes({ maps }: ObjectItems): string[] {
  return [...new Set(["ObjectSpec", "OpenOptions", ...maps.flatMap(classNames)])];
}

function classNames({ className, parameters }: ClassItem): string[] {
  return [className, ...parameters.flatMap((parameter) => (isClass(parameter) ? classNames(parameter) : []))];
}

const isClass = (parameter: ClassItem["parameters"][number]): parameter is ClassItem =>
  typeof parameter === "object" && "className" in parameter;

function imports(items: ObjectItems, { path }: GenerateOptions): string {
  // Sorted by letter, capitals first: open() follows all names that begin with O.
  const [before, after] = [/^[A-O]/, /^[^A-O]/].map((letters) =>
    importedTypes(items).filter((name) => letters.test(name)),
  );
  const sorted = [...typed(before), "open as openObject", ...typed(after)];
  const join = path === undefined ? "" : 'import { join } from "node:path";\n';
  return `${join}${list("import {", sorted, '} from "node-libbpf";', "", " ")}\n`;
}

function shapeOf(shape: string, { programs, maps, variables }: ObjectItems, types: TypeWriter, file: string): string {
  const parts = [
    block(
      "programs",
      programs.map(({ name, kind, doc }) => [doc, `${propertyKey(name)}: ${JSON.stringify(kind)};`]),
    ),
    contextsOf(programs, types),
    block(
      "maps",
      maps.map((map) => [map.doc, mapMember(map, types)]),
    ),
    block(
      "variables",
      variables.map(({ name, doc, root, constant }) => {
        const type = root === "bytes" ? "Uint8Array" : types.expression(root.type);
        return [doc, `${constant ? "readonly " : ""}${propertyKey(name)}: ${type};`];
      }),
    ),
  ];
  return `/** What is in ${inComment(file)}. */\nexport interface ${shape} {\n${parts.join("")}}\n`;
}

function contextsOf(programs: ObjectItems["programs"], types: TypeWriter): string {
  const members = programs.flatMap(({ name, context }) =>
    context === undefined
      ? []
      : [[`What ${name} takes a pointer to`, `${propertyKey(name)}: ${types.expression(context.type)};`] as const],
  );
  return members.length === 0 ? "" : block("contexts", members);
}

function block(name: string, members: readonly (readonly [doc: string, member: string])[]): string {
  if (members.length === 0) return `  ${name}: Record<never, never>;\n`;
  const lines = members.map(([doc, member]) => `    /** ${inComment(doc)} */\n    ${member}\n`);
  return `  ${name}: {\n${lines.join("")}  };\n`;
}

function mapMember({ name, className, parameters }: MapItem, types: TypeWriter): string {
  const expression = (parameter: ClassItem["parameters"][number]): string => {
    if (parameter === "bytes") return "Uint8Array";
    if (!isClass(parameter)) return types.expression(parameter.type);
    const { className, parameters } = parameter;
    return parameters.length === 0 ? className : `${className}<${parameters.map(expression).join(", ")}>`;
  };
  const before = `${propertyKey(name)}: ${className}`;
  return parameters.length === 0 ? `${before};` : list(`${before}<`, parameters.map(expression), ">;", "    ");
}

function opener(
  name: string,
  shape: string,
  events: Readonly<Record<string, string>>,
  { fileName, path, module, u64 }: GenerateOptions,
): string {
  const folder = module === "esm" ? "import.meta.dirname" : "__dirname";
  const source = path === undefined ? 'Buffer.from(OBJECT, "base64")' : `join(${folder}, ${JSON.stringify(path)})`;
  const types = Object.entries(events).map(([map, type]) => `${literalKey(map)}: ${JSON.stringify(type)}`);
  const extras = [
    ...(path === undefined ? [`name: ${JSON.stringify(name)}`] : []),
    ...(u64 === "number" ? ['u64: "number"'] : []),
    "...options",
    ...(types.length > 0 ? ["events"] : []),
  ];
  const lines = [
    `const source = ${source};`,
    ...(types.length > 0 ? [list("const events = {", [...types, "...options.events"], "};", "  ", " ")] : []),
    `return openObject<${shape}>(source, ${extras.length === 1 ? "options" : list("{", extras, "}", "", " ")});`,
  ];
  const where =
    path === undefined ? "whose bytes this file has" : path === fileName ? "which lies beside this file" : `at ${path}`;
  return (
    `/** Opens ${inComment(fileName)}, ${inComment(where)}. */\n` +
    `export function open(options: OpenOptions = {}): ObjectSpec<${shape}> {\n  ${lines.join("\n  ")}\n}\n`
  );
}

function assignment(text: string): string {
  const line = `const OBJECT = "${text}";`;
  return line.length <= WIDTH ? `${line}\n` : `const OBJECT =\n  "${text}";\n`;
}
