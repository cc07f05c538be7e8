/** The published JavaScript, dist/bundle/: made of the same sources as the modules that the other tests test. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";

function node(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: PROJECT_ROOT, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("is what lib/ makes; if not, npm run compile", () => {
  expect(node("scripts/bundle.mjs", "--check")).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("exports the same names, whose functions and classes have the same names too", () => {
  const code = `
    const nameOf = (value) => typeof value === "function" ? value.name : typeof value;
    const namesOf = (library) => Object.entries(library).map(([name, value]) => [name, nameOf(value)]);
    const same = (one, other) => JSON.stringify(namesOf(one)) === JSON.stringify(namesOf(other));
    console.log([["index", "index"], ["sleepable", "sleepable"], ["testing", "testing"]].map(([file]) =>
      same(require("./dist/bundle/" + file), require("./dist/lib/" + (file === "index" ? "" : file)))).join());`;
  expect(node("-e", code).stdout).toBe("true,true,true\n");
});

test("a stack names the functions, and the sources with --enable-source-maps", () => {
  const code = `try { require("node-libbpf").open("none.o"); } catch ({ stack }) { console.log(stack); }`;
  expect(node("-e", code).stdout).toMatch(
    /^ObjectError: none\.o does not exist.*\n(.*\n)* +at (Object\.)?open \(.*dist.bundle.open\.js:\d+:\d+\)$/m,
  );
  const source = join(PROJECT_ROOT, "lib/object/object-spec.ts");
  expect(node("--enable-source-maps", "-e", code).stdout).toContain(`open (${source}:`);
});
