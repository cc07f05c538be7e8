/**
 * The package's entry, in separate processes: what it loads, and that its names look the same as without lazy loading.
 */
import { spawnSync } from "node:child_process";
import * as library from "node-libbpf";
import { PROJECT_ROOT } from "../../scripts/places";

const names = Object.keys(library);

function run(code: string, ...args: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, "-e", code], {
    cwd: PROJECT_ROOT,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

test("require() loads only the entry: what else is needed is loaded at its first use", () => {
  const code = `
    const loaded = () => Object.keys(require.cache).map((path) => path.replace(/.*[/]dist[/]bundle[/]/, ""));
    const library = require("node-libbpf");
    const entry = loaded();
    library.MapType;
    console.log(JSON.stringify([entry, loaded()]));`;
  expect(run(code)).toEqual([["index.js"], ["index.js", "code-cache.js", "base.js"]]);
});

test("every name has its value, the same each time, and is enumerable from the start", () => {
  const code = `
    const library = require("node-libbpf");
    const names = Object.keys(library);
    const bad = names.filter((name) => library[name] === undefined || library[name] !== library[name]);
    const getters = names.filter((name) => Object.getOwnPropertyDescriptor(library, name).get !== undefined);
    console.log(JSON.stringify({ names, after: Object.keys(library), bad, getters }));`;
  expect(run(code)).toEqual({ names, after: names, bad: [], getters: [] });
});

test("an import loads every name", () => {
  const code = `
    import { ${names.join(", ")} } from "node-libbpf";
    import library from "node-libbpf";
    const imported = { ${names.join(", ")} };
    console.log(JSON.stringify(Object.keys(library).filter((name) => imported[name] === library[name])));`;
  expect(run(code, "--input-type=module")).toEqual(names);
});

test("an import loads what every object needs, and not the rules and tools", () => {
  const code = `
    import { createRequire } from "node:module";
    import "node-libbpf";
    const { cache } = createRequire(import.meta.url);
    console.log(JSON.stringify(Object.keys(cache).map((path) => path.replace(/.*[/]/, "")).sort()));`;
  const loaded = run(code, "--input-type=module") as string[];
  for (const rare of ["rules.js", "tools.js", "machines.js", "rare.js", "values.js"])
    expect(loaded).not.toContain(rare);
});

test("a part that can't be read without a free descriptor is an error of the library's, and is read later", () => {
  const code = `
    const { closeSync, openSync } = require("node:fs");
    const library = require("node-libbpf");
    const { BpfError } = library;
    const held = [];
    const open = () => { try { for (;;) held.push(openSync("/dev/null")); } catch {} };
    const told = [];
    for (const call of [() => library.explain({ errno: "EPERM", log: [] }), () => library.openMap("/none")]) {
      open();
      try { call(); } catch (error) { told.push([error instanceof BpfError, error.code, error.errno, error.hint]); }
      for (const fd of held.splice(0)) closeSync(fd);
    }
    console.log(JSON.stringify([...told, typeof library.explain({ errno: "EPERM", log: [] }).message]));`;
  const { status, stdout } = spawnSync("sh", ["-c", 'ulimit -n 40; exec "$0" -e "$1"', process.execPath, code], {
    cwd: PROJECT_ROOT,
    encoding: "utf8",
  });
  const fault = [true, "ERR_BPF_NO_BINARY", "EMFILE", "Raise the limit of open files: ulimit -n"];
  expect({ status, told: JSON.parse(stdout) }).toEqual({ status: 0, told: [fault, fault, "string"] });
});
