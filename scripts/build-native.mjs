// Builds the addon: in a checkout with the libraries that `npm run setup` built, in an installed package with the system's libbpf
// and with tools that are installed for it. Plain JavaScript: it is in the package.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NEEDS = "cmake g++ make pkg-config libbpf-dev libuv1-dev";
const TOOLS = ["cmake-js", "node-addon-api", "node-api-headers"];

function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
}

/** The folder that has the tools: in a checkout they are there. */
function tools() {
  const own = join(root, "node_modules");
  if (existsSync(join(own, "cmake-js"))) return own;
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const folder = join(root, "build/tools");
  const wanted = TOOLS.map((name) => `${name}@${devDependencies[name]}`);
  run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", ...wanted]);
  return join(folder, "node_modules");
}

function checkSystem() {
  const found = (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;
  const hasLibbpf = found("pkg-config", "--atleast-version=1.1", "libbpf");
  if (hasLibbpf && found("cmake", "--version") && found("c++", "--version")) return;
  throw new Error(
    `it takes cmake, a C++ compiler, pkg-config and libbpf 1.1 or newer. On Debian: apt-get install ${NEEDS}`,
  );
}

try {
  const bundled = existsSync(join(root, ".deps/lib/libbpf.a"));
  if (!bundled) checkSystem();
  const modules = tools();
  const options = bundled ? [] : ["--CDNODE_LIBBPF_SYSTEM_LIBBPF=ON"];
  run(process.execPath, [join(modules, "cmake-js/bin/cmake-js"), "build", ...options], { NODE_PATH: modules });
} catch (error) {
  process.stderr.write(`build-native: ${error.message}\n`);
  process.exitCode = 1;
}
