// Builds the addon: in a checkout with the libraries that `npm run setup` built, in an installed package with the
// system's libbpf and with tools that it installs. Plain JavaScript, because the package contains it.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The package does not contain the library's sources. */
const isCheckout = existsSync(join(root, "lib/native/index.ts"));
const TOOLS = ["cmake-js", "node-addon-api", "node-api-headers"];
const NEEDS = "a C++ compiler, cmake, make or ninja, pkg-config, and libbpf 1.1 or newer with its headers";
const ON_DEBIAN = "apt-get install g++ cmake make pkg-config libbpf-dev libuv1-dev";

function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
}

function works(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Returns the folder that has the tools. */
function tools() {
  const { resolve } = createRequire(join(root, "package.json"));
  try {
    const [folder] = TOOLS.map((name) => dirname(dirname(resolve(`${name}/package.json`))));
    return folder;
  } catch {
    const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const folder = join(root, "build/tools");
    const wanted = TOOLS.map((name) => `${name}@${devDependencies[name]}`);
    run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", ...wanted]);
    return join(folder, "node_modules");
  }
}

try {
  const missing = !works("pkg-config", "--atleast-version=1.1", "libbpf") || !works("cmake", "--version");
  if (!isCheckout && missing) throw new Error(`it takes ${NEEDS}; on Debian: ${ON_DEBIAN}`);
  const folder = tools();
  const options = isCheckout ? [] : ["--CDNODE_LIBBPF_SYSTEM_LIBBPF=ON"];
  run(process.execPath, [join(folder, "cmake-js/bin/cmake-js"), "build", ...options], { NODE_PATH: folder });
} catch (error) {
  process.stderr.write(`build-native: ${error.message}\n`);
  process.exitCode = 1;
}
