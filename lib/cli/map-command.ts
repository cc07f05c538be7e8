/** node-libbpf map: shows maps that exist, and reads and writes their elements. */
import { type Command, Option } from "commander";
import { type BpfMap, type MapInfo, maps, type Owner, owners, type UpdateMode } from "../index";
import { deleteByText, elementsAsJson, getAsJson, setFromText } from "../map/element-commands";
import { openMapNamed } from "../running/map-named";
import { allPins } from "../running/pinned";
import { addExamples } from "./examples";
import { fields, holders } from "./running-output";
import { document, documentOf, printable, table } from "./table";

/** Exit status if the element does not exist, as of a filter that finds nothing. */
const ABSENT = 1;

const MAP = "an id, a name, or the path of a pin";
const KEY = "JSON of the key's type, or a plain number, string or 0x…";

export function addMap(program: Command): void {
  const group = program.command("map").summary("show maps that exist, read and write their elements");
  addExamples(group, "node-libbpf map dump /sys/fs/bpf/callers");
  for (const add of [addList, addShow, addDump, addGet, addSet, addDelete]) add(group);
}

function addList(group: Command): void {
  const command = group
    .command("list")
    .summary("list the maps that exist, with pins and owners")
    .description("Lists the maps that exist, with their pins and the processes that hold them. Needs root.")
    .option("--json", "print JSON")
    .action((options: Asked) => listMaps(options));
  addExamples(command, "sudo node-libbpf map list", "sudo node-libbpf map list --json");
}

function addShow(group: Command): void {
  const command = group
    .command("show")
    .summary("show what the kernel reports about a map, its pins and owners")
    .description("Prints what the kernel reports about a map, its pins, and the processes that hold it.")
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

type Shown = MapInfo & { readonly pins: readonly string[]; readonly owners: readonly Owner[] };

function withHolders(found: readonly MapInfo[]): Shown[] {
  const held = owners().maps;
  const pins = [...allPins()].filter(({ kind }) => kind === "map");
  return found.map((map) => ({
    ...map,
    pins: pins.filter(({ id }) => id === map.id).map(({ path }) => path),
    // This process holds a map that it shows.
    owners: (held.get(map.id) ?? []).filter(({ pid }) => pid !== process.pid),
  }));
}

function listMaps({ json: asJson }: Asked): void {
  const found = withHolders([...maps()]);
  const header = ["ID", "TYPE", "NAME", "KEY", "VALUE", "ENTRIES", "MEMORY", "PINS", "HELD BY"];
  const rows = found.map((map) => [
    ...[map.id, map.type, map.name, map.keySize, map.valueSize, map.maxEntries, map.memory].map(String),
    ...[map.pins.join(" "), holders(map.owners)],
  ]);
  const lines = [
    header.map((text) => ({ text, style: "bold" as const })),
    ...rows.map((row) => row.map((text) => ({ text: printable(text) }))),
  ];
  process.stdout.write(asJson ? document({ maps: found }) : table(lines));
}

function show(name: string, { json: asJson }: Asked): void {
  using map = openMapNamed(name);
  const [shown] = withHolders([map.info()]) as [Shown];
  if (asJson) process.stdout.write(document({ map: shown }));
  else {
    const { owners, ...info } = shown;
    process.stdout.write(table(fields({ ...info, "held by": holders(owners) })));
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
