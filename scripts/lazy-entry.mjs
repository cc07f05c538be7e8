// Writes dist/lib/index.js from lib/index.ts, and replaces tsc's output: require() of the package then loads a module when
// one of its names is first read, because few programs need all modules. Plain JavaScript, because it is a step of the
// compilation.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "lib/index.ts");

/** The values that a statement exports. JavaScript has no types. */
function valuesOf(statement) {
  const { exportClause, moduleSpecifier, isTypeOnly } = statement;
  if (!ts.isExportDeclaration(statement) || !exportClause || !ts.isNamedExports(exportClause) || !moduleSpecifier)
    throw new Error(`${source}: only 'export { … } from "…"' can be made lazy, not: ${statement.getText()}`);
  return exportClause.elements
    .filter((element) => !isTypeOnly && !element.isTypeOnly)
    .map(({ name, propertyName = name }) => ({ name: name.text, of: propertyName.text, from: moduleSpecifier.text }));
}

const text = readFileSync(source, "utf8");
const values = ts.createSourceFile(source, text, ts.ScriptTarget.Latest, true).statements.flatMap(valuesOf);

writeFileSync(
  join(root, "dist/lib/index.js"),
  `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
// Node.js finds the importable names by these assignments, and they make the properties redefinable.
${values.map(({ name }) => `exports.${name} = void 0;`).join("\n")}
function later(name, load) {
    const get = () => {
        const value = load();
        Object.defineProperty(exports, name, { value });
        return value;
    };
    Object.defineProperty(exports, name, { enumerable: true, get });
}
${values.map(({ name, of, from }) => `later("${name}", () => require("${from}").${of});`).join("\n")}
`,
);
