// Bundles lib/ for publication: dist/lib/ to dist/bundle/, after the compiler. A process then reads a few files, and not
// one for each module. Tests import dist/lib/. Plain JavaScript, because it is a step of the compilation.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import ts from "typescript";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LIB = join(ROOT, "dist/lib");
const BUNDLE = join(ROOT, "dist/bundle");
const require = createRequire(import.meta.url);

/** The files that package.json names, or that are run: each is one module. */
const ENTRIES = {
  index: "index",
  sleepable: "sleepable/index",
  testing: "testing/index",
  main: "cli/main",
  guest: "verify/guest",
};

/** What is loaded together. A module is in the first part with a pattern for its path; those of no part are in "core". */
const PARTS = {
  base: /^[^/]+$/,
  rules: /^(sleepable|kernel)\//,
  tools: /^(gen|build|run|verify|running)\//,
  machines: /^testing\//,
  commands: /^cli\//,
  core: /^/,
};

/** The parts that a file needs as soon as it is loaded. Others are loaded when one of their values is first read. */
const AT_ONCE = {
  ...{ core: ["base"], rules: ["base"], tools: ["base", "core"], machines: ["base"], commands: ["base"] },
  ...{ sleepable: ["base", "rules"], testing: ["base", "machines"], guest: ["base", "core", "tools"] },
  // It defers each load itself.
  index: Object.keys(PARTS),
};

const modules = readdirSync(LIB, { recursive: true })
  .filter((path) => path.endsWith(".js"))
  .map((path) => path.slice(0, -".js".length))
  .sort();
const isEntry = (id) => Object.values(ENTRIES).includes(id);
/** The bundled file that has a module. */
const fileOf = (id) =>
  Object.keys(ENTRIES).find((file) => ENTRIES[file] === id) ?? Object.keys(PARTS).find((part) => PARTS[part].test(id));

/** Replaces imports of modules that are in other parts. */
const otherParts = (file) => ({
  name: "other parts",
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ path, resolveDir, namespace }) => {
      if (namespace === "part") return { path, external: true };
      const target = resolve(resolveDir, path).replace(/\.js$/, "");
      const id = [target, join(target, "index")].map((one) => relative(LIB, one)).find((one) => modules.includes(one));
      if (id === undefined || fileOf(id) === file) return undefined;
      return { path: id, namespace: "part" };
    });
    // In a block, because esbuild makes of a class at the top of a file that names itself "var Link = class _Link".
    build.onLoad({ filter: /\.js$/, namespace: "file" }, ({ path }) => ({
      contents: readFileSync(path, "utf8")
        .replace(/^"use strict";$/m, `$& {`)
        .concat("\n}"),
    }));
    build.onLoad({ filter: /^/, namespace: "part" }, ({ path: id }) => {
      const load = `require("./${fileOf(id)}.js")${isEntry(id) ? "" : `["${id}"]()`}`;
      if (AT_ONCE[file]?.includes(fileOf(id))) return { contents: `module.exports = ${load};` };
      return { contents: lazyExports(Object.keys(require(join(LIB, id))).map((name) => [name, `${load}.${name}`])) };
    });
  },
});

/** A module whose exports become values when they are first read. */
function lazyExports(exported) {
  return `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
// Node.js finds the importable names by these assignments, and they make the properties redefinable.
${exported.map(([name]) => `exports.${name} = void 0;`).join("\n")}
function later(name, load) {
    const get = () => {
        const value = load();
        Object.defineProperty(exports, name, { value });
        return value;
    };
    Object.defineProperty(exports, name, { enumerable: true, get });
}
${exported.map(([name, value]) => `later("${name}", () => ${value});`).join("\n")}
`;
}

/** The entry's JavaScript, from lib/index.ts: few programs need all modules, so each is loaded at its first use. */
function lazyEntry() {
  const source = join(ROOT, "lib/index.ts");
  const statements = ts.createSourceFile(source, readFileSync(source, "utf8"), ts.ScriptTarget.Latest, true).statements;
  return lazyExports(
    statements.flatMap((statement) => {
      const { exportClause, moduleSpecifier, isTypeOnly } = statement;
      if (!ts.isExportDeclaration(statement) || !exportClause || !ts.isNamedExports(exportClause) || !moduleSpecifier)
        throw new Error(`${source}: only 'export { … } from "…"' can be made lazy, not: ${statement.getText()}`);
      // JavaScript has no types.
      return exportClause.elements
        .filter((element) => !isTypeOnly && !element.isTypeOnly)
        .map(({ name, propertyName = name }) => [name.text, `require("${moduleSpecifier.text}").${propertyName.text}`]);
    }),
  );
}

/** A part gives its modules by name, each run when it is first asked for. */
function partEntry(part) {
  const own = modules.filter((id) => fileOf(id) === part);
  return {
    contents: own.map((id) => `exports["${id}"] = () => require("./${id}");`).join("\n"),
    resolveDir: LIB,
    sourcefile: `${part}.js`,
  };
}

const bundled = (file, entry) =>
  build({
    ...entry,
    outfile: join(BUNDLE, `${file}.js`),
    bundle: true,
    platform: "node",
    format: "cjs",
    // The compiler has lowered what Node.js 20 does not have.
    target: "esnext",
    external: ["commander"],
    // For --enable-source-maps in a checkout: they lead to sources that are not published.
    sourcemap: true,
    sourcesContent: false,
    logLevel: "warning",
    write: false,
    plugins: [otherParts(file)],
  });

const isCheck = process.argv.includes("--check");
if (!isCheck) writeFileSync(join(LIB, "index.js"), lazyEntry());
const results = await Promise.all([
  ...Object.entries(ENTRIES).map(([file, id]) => bundled(file, { entryPoints: [join(LIB, `${id}.js`)] })),
  ...Object.keys(PARTS).map((part) => bundled(part, { stdin: partEntry(part) })),
]);
// esbuild escapes strings, so only comments are not ASCII, of which Node.js makes smaller strings faster.
const ascii = (text) => text.replace(/[^\0-\x7f]/g, "?");
const files = new Map(results.flatMap(({ outputFiles }) => outputFiles.map(({ path, text }) => [path, ascii(text)])));
if (isCheck) {
  const stale = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  for (const [path] of stale) console.error(`${relative(ROOT, path)} is not what dist/lib/ makes: npm run compile`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  rmSync(BUNDLE, { recursive: true, force: true });
  mkdirSync(BUNDLE);
  for (const [path, text] of files) writeFileSync(path, text, { mode: path.endsWith("/main.js") ? 0o755 : 0o644 });
}
