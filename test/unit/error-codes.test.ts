/** Compares the table of codes in docs/troubleshooting.md with the sources. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), "utf8");
/** Maps a code to its classes. */
const table = new Map(
  [...read("docs/troubleshooting.md").matchAll(/^\| `(ERR_BPF_\w+)` \| (.+?) \|/gm)].map(
    ([, code = "", classes = ""]) => [code, [...classes.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name)],
  ),
);

test("it has each code, in the order of lib/errors.ts", () => {
  const codes = [...read("lib/errors.ts").matchAll(/^ {2}\| "(ERR_BPF_\w+)"/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(20);
  expect([...table.keys()]).toEqual(codes);
});

test("it has the classes that are thrown with a code", () => {
  const sources = readdirSync(join(PROJECT_ROOT, "lib"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => read(join("lib", name)));
  const thrown = sources.flatMap((text) => [...text.matchAll(/new (\w+)\(\s*"(ERR_BPF_\w+)"/g)]);
  expect(thrown.length).toBeGreaterThan(20);
  const untold = thrown.filter(([, name = "", code = ""]) => !table.get(code)?.includes(name));
  expect(untold.map(([text]) => text)).toEqual([]);
});
