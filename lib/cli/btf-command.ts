/** node-libbpf btf: prints the types of the kernel and of files. */
import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { BtfKind } from "../btf/btf-kinds";
import { toC } from "../btf/c";
import { toJson } from "../btf/json";
import { reached } from "../btf/referenced-types";
import { renderTypes } from "../gen/typescript-types";
import { ArgumentError, type Btf, type BtfType, kernelBtf, readBtf } from "../index";
import { addExamples } from "./examples";
import { documentInParts, print } from "./table";

/** Writers for all types of a BTF, or for the named types. */
const FORMATS = {
  c: (btf: Btf, types?: readonly BtfType[]) => [toC(btf, types)],
  json: (btf: Btf, types?: readonly BtfType[]) =>
    documentInParts("types", toJson(types === undefined ? btf.types() : reached(btf, types))),
  ts: (btf: Btf, types?: readonly BtfType[]) => [renderTypes(types ?? declaredIn(btf))],
} as const;

/** The named types that have a declaration, without a look at all others. */
function declaredIn(btf: Btf): BtfType[] {
  const types: BtfType[] = [];
  const kinds = { [BtfKind.STRUCT]: "", [BtfKind.UNION]: "", [BtfKind.ENUM]: "", [BtfKind.ENUM64]: "" };
  btf.scan(kinds, (_, name, id) => {
    if (name !== "") types.push(btf.type(id));
  });
  return types;
}

interface Options {
  format: keyof typeof FORMATS;
  module?: string;
  base?: string;
}

export function addBtf(program: Command): void {
  const group = program.command("btf").summary("show the types of the kernel or of an object");
  const command = group
    .command("dump")
    .summary("print types as C, JSON or TypeScript")
    .description(
      "Prints the types of the running kernel or of a file: all types, or the named ones and their dependencies.\n" +
        "Write a file as ./NAME if its name could be a type.",
    )
    .argument("[file]", "an ELF file with BTF, or raw BTF (default: the running kernel's)")
    .argument("[type...]", 'a type: "struct task_struct", "union …", "enum …", or a bare name')
    .addOption(new Option("--format <format>", "output format").choices(Object.keys(FORMATS)).default("c"))
    .option("--module <name>", "a module of the running kernel")
    .option("--base <file>", "the kernel's BTF that a module's FILE extends")
    .action((file: string | undefined, types: string[], options: Options) =>
      dump(file === undefined ? [] : [file, ...types], options),
    );
  const example = "node-libbpf btf dump > vmlinux.h";
  addExamples(group, example);
  addExamples(command, example, 'node-libbpf btf dump watch.bpf.o "struct event" --format ts');
}

async function dump(words: readonly string[], { format, module, base }: Options): Promise<void> {
  const [file, ...rest] = words;
  const isFile = file !== undefined && !readsAsType(file);
  if (isFile && module !== undefined) throw new ArgumentError(`give either a file (${file}) or --module`);
  if (!isFile && base !== undefined) throw new ArgumentError("--base needs a FILE that extends it");
  const btf = isFile ? readBtf(file, base === undefined ? {} : { base: readBtf(base) }) : kernelBtf(module);
  const types = namesIn(isFile ? rest : words).map((name) => find(btf, name));
  await print(FORMATS[format](btf, types.length === 0 ? undefined : types));
}

function readsAsType(word: string): boolean {
  return /^((struct|union|enum|typedef)\s+)?[\p{L}_]\w*$/u.test(word);
}

/** Accepts `struct task_struct` as one or as two shell words. */
function namesIn(words: readonly string[]): string[] {
  const names: string[] = [];
  let keyword = "";
  for (const word of words) {
    if (/^(struct|union|enum|typedef)$/.test(word)) keyword = `${word} `;
    else {
      names.push(keyword + word);
      keyword = "";
    }
  }
  if (keyword !== "") throw new ArgumentError(`${keyword}without a name`);
  return names;
}

function find(btf: Btf, name: string): BtfType {
  try {
    return btf.typeNamed(name);
  } catch (error) {
    if (!(error instanceof ArgumentError) || !existsSync(name)) throw error;
    throw new ArgumentError(`${btf.label} has no type ${name}`, { hint: `To name a file, write ./${name}` });
  }
}
