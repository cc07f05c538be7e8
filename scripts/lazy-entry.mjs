// Changes the compiled entry so that it loads a module when one of its names is first read: few programs need all
// modules. The entry also works without this change, and a changed entry stays as it is. Plain JavaScript, because it
// is a step of the compilation.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const entry = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist/lib/index.js");
const REQUIRE = /^var (\w+) = (require\(".+"\));$/gm;
const NAME =
  /^Object\.defineProperty\(exports, ("\w+"), \{ enumerable: true, get: function \(\) \{ return (\w+)(\.\w+); \} \}\);$/gm;
const LATER = `function later(name, load) {
    const get = () => {
        const value = load();
        Object.defineProperty(exports, name, { value });
        return value;
    };
    Object.defineProperty(exports, name, { enumerable: true, get });
}
`;

const eager = readFileSync(entry, "utf8");
// Each name's "exports.name = void 0" stays: Node.js finds the importable names by it, and it makes them redefinable.
const lazy = eager.replace(REQUIRE, "const $1 = () => $2;").replace(NAME, "later($1, () => $2()$3);");
if (lazy !== eager)
  writeFileSync(
    entry,
    lazy.replace(/^const /m, (first) => LATER + first),
  );
