// Bundles lib/ for publication, to dist/bundle/: a process then reads a few files, and not one for each module. Of the
// compiler's declarations, in dist/lib/, it has those published that the public ones need. Tests import dist/lib/, the
// modules that the compiler wrote. Plain JavaScript, because it is a step of the compilation.
//   node scripts/bundle.mjs [--check]
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import ts from "typescript";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LIB = join(ROOT, "lib");
const BUNDLE = join(ROOT, "dist/bundle");
const DECLARED = join(ROOT, "dist/lib");

/** The files that package.json names: each exports what a module does. */
const ENTRIES = { index: "index", sleepable: "sleepable/index", testing: "testing/index" };

/** The files that are run, and the one that finds compiled code of the others. */
const PROGRAMS = {
  "code-cache": "code-cache",
  main: "cli/main",
  guest: "verify/guest",
  "isolated-child": "object/isolated-child",
};

/** What is loaded together. A module is in the first part with a pattern for its path. */
const PARTS = {
  // Of all others.
  base: /^((?!nearest|replace)[^/]+|kernel\/(fact|refusal|version)|sleepable\/(finding|judged-kernel))$/,
  // What is known of this kernel.
  facts: /^kernel\/(btf-facts|config|error-injection|lsm|running-kernel)$/,
  features: /^kernel\/(features|map-probe)$/,
  // Facts of other kernels, and what is measured of this one.
  profiles: /^kernel\/(profiles|profile-format|capture|probe|probe-answers|probe-subjects)$|^sleepable\/hooks$/,
  // The control flow of a program that is not well with all that it could reach.
  flow: /^elf\/(calls|control-flow)$/,
  // The running kernel's types, for CO-RE.
  core: /^elf\/core-resolve$/,
  // Reading and writing values.
  values:
    /^(codec\/(bits|enumeration|generate|integers|interpret|mismatch|structs|text|view)|map\/(chunks|elements|element-commands))$/,
  // What is said of failures.
  failures:
    /^(nearest|kernel\/(permission|privileges(-measured)?)|map\/hints|native\/libbpf-messages|object\/load-error|program\/attach\/hint|sleepable\/(explain|log-lines|refusal-rules))$/,
  // What is to be judged, and what judges it: in parts, because compiling them takes milliseconds each.
  precheck:
    /^btf\/signature$|^elf\/(core-relocations|functions|reach|regions)$|^object\/(known-constants|precheck|program-facts)$/,
  calls: /^sleepable\/(availability|calls-measured|known-names|rules-calls)$/,
  rules: /^(sleepable|kernel)\//,
  tools: /^(gen|build|run|verify|running)\//,
  policy: /^policy\//,
  machines: /^testing\//,
  commands: /^cli\//,
  // What few processes do with what is loaded.
  rare: /^(replace|btf\/(c|json|layouts|line-info|referenced-types|whole)|codec\/(exact-json|value-text)|events\/(columns|trace-pipe)|link\/(iter-records|iter-stream|link-info)|map\/(create|prefix)|object\/(attach-all|isolated|map-digests|pin-all|unpin-all|variable-text)|program\/(output-stream|program-info|test-run|verifier-stats))$/,
  // What open() needs, and what its result needs until it is loaded.
  open: /^(?!codec\/view|native\/(libbpf-messages|lifetime|pins|shared-memory))(btf|codec|elf|native)\/|^map\/(map-(codec|identity|spec|type-option)|reuse|typed)$|^program\/program-spec$|^object\/(by-name|load-options|object-file|object-spec|record-types|sections|variables)$/,
  // What is loaded, in parts for the same reason: rings, queues and local storage, other maps, links, and the rest.
  channels: /^events\/|^map\/(perf-buffer|queue|record-map|ring-buffer|ring-counts|storage|user-ring-buffer)$/,
  maps: /^map\/|^codec\/view$/,
  links: /^link\/|^program\/attach\//,
  loaded: /^/,
};

/** The parts that a file loads with itself. Others are loaded when one of their values is first read. */
const WITH = {
  ...{
    open: ["base"],
    loaded: ["base", "open"],
    maps: ["base", "open"],
    channels: ["base", "open", "maps"],
    links: ["base", "open"],
    precheck: ["base"],
    calls: ["base"],
    rules: ["base"],
    flow: ["base", "precheck"],
    core: ["base", "open"],
    values: ["base", "open"],
    failures: ["base"],
    facts: ["base"],
    features: ["base"],
    profiles: ["base"],
    rare: ["base", "open", "loaded"],
    policy: ["base", "open", "loaded"],
    machines: ["base"],
    commands: ["base"],
  },
  ...{ tools: ["base", "open"], guest: ["base", "tools"], "isolated-child": ["base", "open", "loaded"] },
};

/** Small modules without a state, of which each file that needs one has a copy. */
const COPIED = ["package-root", "trusted", "testing/cache", "cli/package-version", "cli/compile-cache"];

const modules = readdirSync(LIB, { recursive: true })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => path.slice(0, -".ts".length))
  .sort();

const keyOf = (table, wanted) => Object.keys(table).find((key) => wanted(table[key]));
/** The bundled file that has a module. */
const fileOf = (id) => keyOf({ ...ENTRIES, ...PROGRAMS }, (one) => one === id) ?? keyOf(PARTS, (one) => one.test(id));
const isPart = (file) => file in PARTS;

const options = { platform: "node", format: "cjs", target: "node20.19", logLevel: "warning", write: false };

const sourceOf = (id) => join(LIB, `${id}.ts`);
const surveyed = { ...options, format: "esm", metafile: true, outdir: LIB, absWorkingDir: LIB, logLevel: "error" };

/** The values that each module exports. JavaScript has no types. */
async function exportsOfModules() {
  const { metafile } = await build({ ...surveyed, entryPoints: modules.map(sourceOf) });
  return new Map(
    Object.entries(metafile.outputs).map(([path, { exports }]) => [path.slice(0, -".js".length), exports]),
  );
}

/** The modules that are imported from another file. */
async function sharedModules() {
  const entryPoints = Object.values({ ...ENTRIES, ...PROGRAMS }).map(sourceOf);
  const { metafile } = await build({ ...surveyed, entryPoints, bundle: true, external: ["commander"] });
  const idOf = (path) => path.slice(0, -".ts".length);
  return new Set(
    Object.entries(metafile.inputs).flatMap(([path, { imports }]) =>
      imports
        .filter(({ external }) => !external)
        .map((imported) => idOf(imported.path))
        .filter((id) => fileOf(id) !== fileOf(idOf(path)) && !COPIED.includes(id)),
    ),
  );
}

/** The expression that loads a file: a part with its compiled code, if that is kept (lib/code-cache.ts). */
const loadingFile = (file) =>
  isPart(file) ? `(ready$("${file}.js"), require("./${file}.js"))` : `require("./${file}.js")`;

/** The expression that loads a module from the file that has it. */
function loading(id) {
  const file = fileOf(id);
  return `${loadingFile(file)}${isPart(file) ? `["${id}"]` : ""}`;
}

/**
 * Gives an object values of a module, which is loaded when one of them is first read. They then are plain values. Its
 * name is none of a function in lib/, whose files are in the same one.
 */
const LATER = `
function ready$(file) {
  require("./code-cache.js").ready(file);
}
function lazily$(object, names, load) {
  for (const name of names) {
    const get = () => {
      const value = part$(load)[name];
      Object.defineProperty(object, name, { value });
      return value;
    };
    Object.defineProperty(object, name, { configurable: true, enumerable: true, get });
  }
  return object;
}
// Without a free descriptor a part can't be read.
function part$(load) {
  try {
    return load();
  } catch (error) {
    throw /^E[MN]FILE$/.test(error.code) ? ${loading("errors")}.withoutDescriptor(error) : error;
  }
}`;
/** A function that loads the module of another when it is called. */
const CALLED = `function called$(name, load) {
  const call = (...args) => part$(load)[name](...args);
  return Object.defineProperty(call, "name", { value: name });
}
`;
const later = (object, names, load) => `lazily$(${object}, ${JSON.stringify(names)}, () => ${load})`;

/** Parts that most processes need no function of. */
const RARE = [
  ...["facts", "failures", "flow", "profiles", "precheck", "calls", "rules"],
  ...["tools", "machines", "rare"],
];

const isFunction = (id, name) =>
  new RegExp(`^export (?:async )?function\\*? ${name}\\b`, "m").test(readFileSync(sourceOf(id), "utf8"));

/**
 * An entry: lib/index.ts and the like, which export from modules and do nothing else. An import statement reads every
 * export, unlike require(): functions of parts that are rarely needed load theirs when they are called.
 */
function entry(id, isBundled) {
  const source = sourceOf(id);
  const statements = ts.createSourceFile(source, readFileSync(source, "utf8"), ts.ScriptTarget.Latest, true).statements;
  const exports = statements.map((statement) => {
    const { exportClause, moduleSpecifier, isTypeOnly } = statement;
    const elements = exportClause?.elements ?? [];
    if (!ts.isExportDeclaration(statement) || !moduleSpecifier || elements.some(({ propertyName }) => propertyName))
      throw new Error(`${source}: only 'export { … } from "…"' can be made lazy, not: ${statement.getText()}`);
    // JavaScript has no types.
    const values = isTypeOnly ? [] : elements.filter((element) => !element.isTypeOnly);
    return { names: values.map(({ name }) => name.text), from: moduleSpecifier.text };
  });
  const load = ({ names, from }) => {
    const module = moduleAt(dirname(source), from);
    const loaded = isBundled ? loading(module) : `require("${from}")`;
    const isCalled = (name) => isBundled && RARE.includes(fileOf(module)) && isFunction(module, name);
    const [called, read] = [names.filter(isCalled), names.filter((name) => !isCalled(name))];
    return [
      ...called.map((name) => `exports.${name} = called$(${JSON.stringify(name)}, () => ${loaded});`),
      ...(read.length > 0 ? [`${later("exports", read, loaded)};`] : []),
    ];
  };
  return `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
// Node.js finds the importable names by these assignments.
${exports.flatMap(({ names }) => names.map((name) => `exports.${name} = void 0;`)).join("\n")}
${exports.flatMap(load).join("\n")}
${LATER}
${isBundled ? CALLED : ""}`;
}

const moduleAt = (directory, path) => {
  const target = relative(LIB, resolve(directory, path)).replace(/\.js$/, "");
  return modules.includes(target) ? target : join(target, "index");
};

/** Leaves the imports of modules that are in other files. */
const otherFiles = (file) => ({
  name: "other files",
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const id = moduleAt(resolveDir, path);
      return fileOf(id) === file || COPIED.includes(id) ? undefined : { path: `elsewhere:${id}`, external: true };
    });
  },
});

/** Resolves them: to the module, or to an object that loads it when one of its values is first read. */
function elsewhere(file, text) {
  const parts = WITH[file] ?? [];
  const importing = (id) =>
    parts.includes(fileOf(id)) ? `${fileOf(id)}$["${id}"]` : later("{}", exported.get(id), loading(id));
  return (
    text
      // Without a line more, for the source map.
      .replace(/^("use strict";)?/, `$1${parts.map((part) => `const ${part}$ = ${loadingFile(part)}; `).join("")}`)
      .replace(/\brequire\("elsewhere:(.*?)"\)/g, (_, id) => importing(id))
      .replace(/\bimport\("elsewhere:(.*?)"\)/g, (_, id) => `Promise.resolve(${loading(id)})`)
  );
}

/** Modules of Node.js that take milliseconds to load, and that few processes need. */
const HEAVY = /^( *(?:var )?)(import_node_\w+) = require\("(node:(?:child_process|crypto|module|v8|vm))"\)/gm;

/** Loads them when one of their functions is first called. */
function whenCalled(text) {
  return text.replace(HEAVY, (_, before, variable, module) => {
    const names = new Set(Array.from(text.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, "g")), ([, name]) => name));
    return `${before}${variable} = ${later("{}", [...names], `require("${module}")`)}`;
  });
}

/** A part exports the modules that others use, by name. */
function partEntry(part) {
  const own = modules.filter((id) => fileOf(id) === part && shared.has(id));
  const lines = own.map((id, index) => {
    const names = exported.get(id);
    const local = names.map((name) => `${name} as ${name}$${index}`);
    return `import { ${local.join(", ")} } from "./${id}";
exports["${id}"] = { ${names.map((name) => `${name}: ${name}$${index}`).join(", ")} };`;
  });
  return { contents: lines.join("\n"), resolveDir: LIB, sourcefile: `${part}.js` };
}

async function bundled(file, input) {
  const { outputFiles } = await build({
    ...options,
    ...input,
    outfile: join(BUNDLE, `${file}.js`),
    bundle: true,
    external: ["commander"],
    // For --enable-source-maps in a checkout: they lead to sources that are not published.
    sourcemap: "linked",
    sourcesContent: false,
    plugins: [otherFiles(file)],
    footer: { js: LATER },
  });
  const published = (path, text) => (path.endsWith(".js") ? readable(whenCalled(elsewhere(file, text))) : text);
  return outputFiles.map(({ path, text }) => [path, published(path, text)]);
}

/**
 * esbuild makes "var Link = class _Link" of a class that names itself. And it escapes strings, so only comments are not
 * ASCII, of which Node.js makes smaller strings faster.
 */
function readable(text) {
  const renamed = new Map(Array.from(text.matchAll(/ = class (_(\w+)) /g), ([, inner, name]) => [inner, name]));
  return text.replace(/\b_\w+/g, (word) => renamed.get(word) ?? word).replace(/[^\0-\x7f]/g, "?");
}

/** npm leaves out what the file in a folder names, whatever package.json says of the folder. */
function unpublished() {
  const published = new Set();
  const add = (id) => {
    if (published.has(id)) return;
    published.add(id);
    const { importedFiles } = ts.preProcessFile(readFileSync(join(DECLARED, `${id}.d.ts`), "utf8"), true, true);
    for (const { fileName } of importedFiles)
      if (fileName.startsWith(".")) add(moduleAt(dirname(sourceOf(id)), fileName));
  };
  for (const id of Object.values(ENTRIES)) add(id);
  return modules.filter((id) => !published.has(id)).map((id) => `/${id}.d.ts\n`);
}

const [exported, shared] = await Promise.all([exportsOfModules(), sharedModules()]);
const files = new Map([
  [join(DECLARED, "index.js"), entry("index", false)],
  [join(DECLARED, ".npmignore"), unpublished().join("")],
  ...Object.entries(ENTRIES).map(([file, id]) => [join(BUNDLE, `${file}.js`), entry(id, true)]),
  ...(
    await Promise.all([
      ...Object.entries(PROGRAMS).map(([file, id]) => bundled(file, { entryPoints: [sourceOf(id)] })),
      ...Object.keys(PARTS).map((part) => bundled(part, { stdin: partEntry(part) })),
    ])
  ).flat(),
]);
if (process.argv.includes("--check")) {
  const stale = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  for (const [path] of stale) console.error(`${relative(ROOT, path)} is not what lib/ makes: npm run compile`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  rmSync(BUNDLE, { recursive: true, force: true });
  mkdirSync(BUNDLE);
  for (const [path, text] of files) writeFileSync(path, text, { mode: path.endsWith("/main.js") ? 0o755 : 0o644 });
}
