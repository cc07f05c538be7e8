/** The schemas of the commands' JSON, with which tests check what the commands print. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";

const FOLDER = join(__dirname, "../../schemas");
const SUFFIX = ".schema.json";

/** The commands that have one: "check", "map-dump". */
export const SCHEMAS = readdirSync(FOLDER)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length));

export const schemaOf = (name: string) => JSON.parse(readFileSync(join(FOLDER, name + SUFFIX), "utf8")) as object;

/** Readers ignore fields that they do not know. Here each field must be in the schema. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const fields = Object.entries(schema).map(([name, value]) => [name, closed(value)]);
  const isOpen = "properties" in schema && !("additionalProperties" in schema);
  return Object.fromEntries([...fields, ...(isOpen ? [["additionalProperties", false]] : [])]);
}

const validators = new Map<string, ValidateFunction>();

/** The document that a command printed, which the schema allows. */
// biome-ignore lint/suspicious/noExplicitAny: tests read what they expect.
export function documentOf(name: string, stdout: string): any {
  let validate = validators.get(name);
  if (validate === undefined) {
    validate = new Ajv({ allErrors: true, strict: true, strictRequired: false }).compile(
      closed(schemaOf(name)) as object,
    );
    validators.set(name, validate);
  }
  const document: unknown = JSON.parse(stdout);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document;
}
