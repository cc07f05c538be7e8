/** Every command that prints JSON has a schema, and the schemas are what they should be. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Ajv } from "ajv";
import { type CommandShape, everyCommand } from "../../lib/cli/command-shape";
import { documentOf, SCHEMAS, schemaOf } from "../schemas";

const CLI = join(__dirname, "../../lib/cli");

/** The commands with an option for JSON, as their schemas are named. */
function printingJson(): string[] {
  const code = `const { wholeProgram } = require("./commands"), { shapeOf } = require("./command-shape");
    wholeProgram().then((program) => console.log(JSON.stringify(shapeOf(program))));`;
  const program = JSON.parse(
    execFileSync(process.execPath, ["-e", code], { cwd: CLI, encoding: "utf8" }),
  ) as CommandShape;
  const isForJson = ({ names, value }: CommandShape["options"][number]) =>
    names.includes("--json") || (typeof value === "object" && value.includes("json"));
  return [...everyCommand(program)].filter(({ options }) => options.some(isForJson)).map(({ path }) => path.join("-"));
}

test("each command that prints JSON has a schema, and no other", () => {
  expect(printingJson().toSorted()).toEqual(SCHEMAS.toSorted());
});

test.each(SCHEMAS)("%s: valid, titled, with a version", (name) => {
  const schema = schemaOf(name) as { title: string; required: string[]; properties: { version: object } };
  expect(new Ajv({ strict: true, strictRequired: false }).validateSchema(schema)).toBe(true);
  expect(schema.title).toMatch(new RegExp(`^node-libbpf ${name.replaceAll("-", " ")} --(json|format json)$`));
  expect(schema.required).toContain("version");
  expect(schema.properties.version).toMatchObject({ const: 1 });
});

test("the package exports them", () => {
  expect(require(require.resolve("node-libbpf/schemas/check.schema.json"))).toEqual(schemaOf("check"));
});

test("a field that the schema does not have is noticed here", () => {
  expect(() => documentOf("vm", '{"version":1,"runs":[],"more":1}')).toThrow("additionalProperties");
  expect(() => documentOf("vm", '{"version":2,"runs":[]}')).toThrow("const");
});
