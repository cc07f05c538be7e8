/** node-libbpf map: shows maps that exist, and reads and writes their elements. */
import { type Command, Option } from "commander";
import type { BpfMap, UpdateMode } from "../index";
import { deleteByText, elementsAsJson, getAsJson, openMapNamed, setFromText } from "../map/element-commands";
import { addExamples } from "./examples";
import { document, documentOf, printable, table } from "./table";

/** Exit status if the element does not exist, as of a filter that finds nothing. */
const ABSENT = 1;

const MAP = "an id, a name, or the path of a pin";
const KEY = "JSON of the key's type, or a plain number, string or 0x…";

export function addMap(program: Command): void {
  const group = program.command("map").summary("show maps that exist, read and write their elements");
  addExamples(group, "node-libbpf map dump /sys/fs/bpf/callers");
  for (const add of [addShow, addDump, addGet, addSet, addDelete]) add(group);
}

function addShow(group: Command): void {
  const command = group
    .command("show")
    .summary("show what the kernel reports about a map")
    .description("Prints what the kernel reports about a map.")
    .argument("<map>", MAP)
    .option("--json", "print JSON")
    .action((name: string, options: Asked) => show(name, options));
  addExamples(command, "node-libbpf map show 42", "node-libbpf map show /sys/fs/bpf/callers --json");
}

function addDump(group: Command): void {
  const command = group
    .command("dump")
    .summary("print all elements of a map")
    .description("Prints all elements of a map, each as a line of JSON with its key and value.")
    .argument("<map>", MAP)
    .option("--json", "print one JSON document")
    .action((name: string, options: Asked) => dump(name, options));
  addExamples(command, "node-libbpf map dump /sys/fs/bpf/callers");
}

function addGet(group: Command): void {
  const command = group
    .command("get")
    .summary("print the value of a key")
    .description(
      "Prints the value of a key as JSON. Exits with 0, with 1 if there is no such key, with 2 if it failed.",
    )
    .argument("<map>", MAP)
    .argument("<key>", KEY)
    .option("--json", "print one JSON document")
    .action((name: string, key: string, options: Asked) => {
      process.exitCode = get(name, key, options);
    });
  addExamples(command, "node-libbpf map get 42 7", "node-libbpf map get /sys/fs/bpf/denied 10.0.0.0/8");
}

function addSet(group: Command): void {
  const command = group
    .command("set")
    .summary("write an element")
    .description("Writes an element of a map.")
    .argument("<map>", MAP)
    .argument("<key>", KEY)
    .argument("<value>", "as the key; for a map of maps, the id or pin of a map")
    .addOption(
      new Option("--mode <mode>", "whether to create or replace, to create only, or to replace only")
        .choices(["any", "noexist", "exist"])
        .default("any"),
    )
    .action((name: string, key: string, value: string, { mode }: { mode: UpdateMode }) => {
      using map = openMapNamed(name);
      setFromText(map, key, value, mode);
    });
  addExamples(
    command,
    "node-libbpf map set 42 7 1000",
    `node-libbpf map set 42 7 '{"uid":1000,"comm":"bash"}' --mode noexist`,
  );
}

function addDelete(group: Command): void {
  const command = group
    .command("delete")
    .summary("delete an element")
    .description("Deletes an element. Exits with 0, with 1 if there is no such key, with 2 if it failed.")
    .argument("<map>", MAP)
    .argument("<key>", KEY)
    .action((name: string, key: string) => {
      using map = openMapNamed(name);
      process.exitCode = deleteByText(map, key) ? 0 : absent(map, key);
    });
  addExamples(command, "node-libbpf map delete 42 7");
}

interface Asked {
  json?: true;
}

function show(name: string, { json: asJson }: Asked): void {
  using map = openMapNamed(name);
  const info = map.info();
  if (asJson) process.stdout.write(document({ map: { ...info, mapExtra: String(info.mapExtra) } }));
  else {
    const rows = Object.entries(info).map(([field, value]) => [{ text: field }, { text: printable(String(value)) }]);
    process.stdout.write(table(rows));
  }
}

function dump(name: string, { json: asJson }: Asked): void {
  using map = openMapNamed(name);
  const elements = elementsAsJson(map);
  if (asJson) process.stdout.write(documentOf({ map: JSON.stringify(identity(map)), elements: list(elements) }));
  else for (const element of elements) process.stdout.write(`${line(element)}\n`);
}

function get(name: string, key: string, { json: asJson }: Asked): number {
  using map = openMapNamed(name);
  const value = getAsJson(map, key);
  if (value === undefined) return absent(map, key);
  process.stdout.write(asJson ? documentOf({ map: JSON.stringify(identity(map)), value }) : `${value}\n`);
  return 0;
}

function identity({ id, name, type }: BpfMap): object {
  return { id, name, type };
}

function line({ key, value }: { key: string; value: string }): string {
  return `{"key":${key},"value":${value}}`;
}

function list(elements: Iterable<{ key: string; value: string }>): string {
  const lines = Array.from(elements, (element) => `    ${line(element)}`);
  return lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n  ]`;
}

function absent({ name }: BpfMap, key: string): number {
  process.stderr.write(`node-libbpf: map ${printable(name)} has no key ${printable(key)}\n`);
  return ABSENT;
}
