/** Ways to install and use the package: layouts, module systems, bundlers, several copies. */
import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { objectPath } from "../bpf/objects";
import { Project } from "./project";

const project = new Project();
const place = project.install();
afterAll(() => project.remove());

const LIBBPF = /^\d+\.\d+\n$/;

describe("module systems", () => {
  test("require() and import in one process give the same classes", () => {
    project.write(
      "both.mjs",
      `import { createRequire } from "node:module";
      import * as imported from "node-libbpf";
      import * as sleepable from "node-libbpf/sleepable";
      const required = createRequire(import.meta.url)("node-libbpf");
      const classes = Object.keys(required).filter((name) => imported[name] !== required[name]);
      let caught;
      try { required.open("none.o"); } catch (error) { caught = error; }
      console.log(JSON.stringify([classes, caught instanceof imported.ObjectError, caught instanceof sleepable.BpfError]));`,
    );
    expect(project.node(["both.mjs"])).toEqual({ status: 0, stdout: "[[],true,true]\n", stderr: "" });
  });

  test.each([
    ["use.cjs", `console.log(require("node-libbpf").libbpf.version)`],
    ["use.mjs", `import { libbpf } from "node-libbpf"; console.log(libbpf.version)`],
  ])("%s", (file, code) => {
    project.write(file, code);
    expect(project.node([file])).toEqual({ status: 0, stdout: expect.stringMatching(LIBBPF), stderr: "" });
  });
});

describe("layouts", () => {
  test("of links, as pnpm makes", () => {
    const store = ".pnpm/node-libbpf@0/node_modules";
    project.install(join("pnpm/node_modules", store));
    symlinkSync(join(store, "node-libbpf"), join(project.folder, "pnpm/node_modules/node-libbpf"));
    project.write("pnpm/use.mjs", `import { libbpf } from "node-libbpf"; console.log(libbpf.version)`);
    expect(project.node(["pnpm/use.mjs"])).toMatchObject({ status: 0, stdout: expect.stringMatching(LIBBPF) });
    const command = "pnpm/node_modules/node-libbpf/dist/bundle/main.js";
    expect(project.node([command, "hooks", "--kernel", "6.12"])).toMatchObject({ status: 0, stderr: "" });
  });

  test("that can't be written to: nothing is", () => {
    const before = project.state(place);
    const command = join(place, "dist/bundle/main.js");
    project.write("open.cjs", `require("node-libbpf").open(process.argv[2]).check()`);
    expect(project.node(["open.cjs", objectPath("lsm")])).toMatchObject({ status: 0 });
    expect(project.node([command, "hooks", "--kernel", "6.12"])).toMatchObject({ status: 0 });
    expect(project.state(place)).toEqual(before);
  });
});

describe("a bundle", () => {
  const bundle = (external: string[]) => {
    project.write("app.cjs", `console.log(require("node-libbpf").libbpf.version)`);
    const folder = { absWorkingDir: project.folder, outfile: join(project.folder, "out/app.js") };
    mkdirSync(join(project.folder, "out"), { recursive: true });
    buildSync({ ...folder, entryPoints: ["app.cjs"], bundle: true, platform: "node", external, logLevel: "error" });
  };

  test("that leaves the package alone", () => {
    bundle(["node-libbpf"]);
    expect(project.node(["out/app.js"])).toMatchObject({ status: 0, stdout: expect.stringMatching(LIBBPF) });
  });

  test("that has the code moved says so, and works with NODE_LIBBPF_PREBUILD", () => {
    bundle([]);
    const failed = project.node(["out/app.js"]);
    expect(failed).toMatchObject({ status: 1, stderr: expect.stringMatching(/ERR_BPF_NO_BINARY/) });
    expect(failed.stderr).toMatch(/A bundler moved the code to .*external.*\n.*NODE_LIBBPF_PREBUILD/);
    const env = { NODE_LIBBPF_PREBUILD: place };
    expect(project.node(["out/app.js"], { env })).toMatchObject({ status: 0, stdout: expect.stringMatching(LIBBPF) });
  });
});

test("two copies in one process work, and tell each other's things from their own", () => {
  const other = join(project.folder, "other/node_modules/node-libbpf");
  cpSync(place, other, { recursive: true });
  project.write(
    "two.cjs",
    `const [one, other] = ["node-libbpf", "./other/node_modules/node-libbpf"].map((path) => require(path));
    const attempt = (run) => { try { return String(run()); } catch (error) { return error.message; } };
    const map = (library, more) => library.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1, ...more });
    const [own, foreign] = [map(one), map(other)];
    const outer = (inner) => map(one, { type: "array_of_maps", valueSize: 4, inner });
    const maps = outer(own);
    console.log(JSON.stringify([
      one.BpfError === other.BpfError,
      attempt(() => maps.set(0, own) && maps.idOf(0) === own.id),
      attempt(() => maps.set(0, foreign)),
      attempt(() => outer(foreign)),
      attempt(() => other.open("none.o")),
    ]));`,
  );
  const { status, stdout, stderr } = project.node(["two.cjs"]);
  rmSync(join(project.folder, "other"), { recursive: true });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual([
    false,
    "true",
    expect.stringContaining("a value is a map, got the ArrayMap of another copy of node-libbpf"),
    expect.stringContaining("inner is the ArrayMap of another copy of node-libbpf"),
    expect.stringContaining("none.o does not exist"),
  ]);
});
