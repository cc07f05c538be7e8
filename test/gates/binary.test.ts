/**
 * Checks the imports and exports of built addons: this host's own, and the published ones. Runs on the building host.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";
import { prebuild } from "../../scripts/prebuild";
import { objectPath } from "../bpf/objects";

const OWN = join(PROJECT_ROOT, "build/Release/node_libbpf.node");
const SHIPPED = [
  { addon: prebuild("x64"), machine: "Advanced Micro Devices X86-64" },
  { addon: prebuild("arm64"), machine: "AArch64" },
];
/** The glibc that Node's own binaries need: an addon that needs a newer one does not load everywhere. */
const GLIBC_MINOR = 28;
/** They are 0.7 MB. Symbols that are not stripped, or a library that is linked twice, would exceed this. */
const MAX_BYTES = 1_000_000;

const readelf = (...args: string[]) => execFileSync("readelf", ["--wide", ...args], { encoding: "utf8" });

function symbols(addon: string): { name: string; imported: boolean }[] {
  return [...readelf("--dyn-syms", addon).matchAll(/(UND|\d+) +([\w@.]+)(?: \(\d+\))?$/gm)].map(
    ([, section, name = ""]) => ({ name, imported: section === "UND" }),
  );
}

describe.each([OWN, ...SHIPPED.map(({ addon }) => addon)])("%s", (addon) => {
  test("it depends only on the C library", () => {
    const needed = [...readelf("--dynamic", addon).matchAll(/NEEDED.*\[(.+)\]/g)].map(([, library]) => library);
    expect(needed).toContain("libc.so.6");
    expect(needed.filter((library) => !/^(libc\.so\.6|ld-linux.*\.so\.\d)$/.test(library ?? ""))).toEqual([]);
  });

  test("it stays mapped when Node.js unloads it", () => {
    expect(readelf("--dynamic", addon)).toMatch(/\(FLAGS_1\).*\bNODELETE\b/);
  });

  test("it exports only the Node-API entry points", () => {
    const exported = symbols(addon).filter(({ imported }) => !imported);
    expect(exported.map(({ name }) => name).sort()).toEqual([
      "napi_register_module_v1",
      "node_api_module_get_api_version_v1",
    ]);
  });

  test("it imports only symbols of Node.js, uv and the C library", () => {
    const imported = symbols(addon)
      .filter(({ imported }) => imported)
      .map(({ name }) => name);
    // Before glibc 2.34 the last ones are in libpthread, which Node.js has loaded. Two of them are weak: the C++
    // library uses them only with threads.
    const known =
      /@(GLIBC|GCC)_|^(napi|node_api|uv)_|^(_ITM_|__gmon_start__|__cxa_)|^(__pthread_key_create|pthread_once|pthread_create|pthread_join|pthread_sigmask|pthread_attr_setstacksize)$/;
    expect(imported.length).toBeGreaterThan(100);
    expect(imported.filter((name) => !known.test(name))).toEqual([]);
  });
});

describe.each(SHIPPED)("$addon", ({ addon, machine }) => {
  test("it is built for its architecture", () => {
    expect(readelf("--file-header", addon)).toMatch(new RegExp(`Machine: +${machine}$`, "m"));
  });

  test("it loads wherever Node.js does", () => {
    const versions = [...readelf("--version-info", addon).matchAll(/Name: (\w+?)_([\d.]+)/g)];
    expect(new Set(versions.map(([, library]) => library))).toEqual(new Set(["GLIBC"]));
    const tooNew = versions.filter(([, , version = ""]) => Number(version.split(".")[1]) > GLIBC_MINOR);
    expect(tooNew.map(([text]) => text)).toEqual([]);
  });

  test("it is stripped, and small", () => {
    expect(readelf("--section-headers", addon)).not.toMatch(/\.(symtab|debug_\w+)/);
    expect(statSync(addon).size).toBeLessThan(MAX_BYTES);
  });
});

test("open() makes no bpf(2) call", () => {
  const script = `require(${JSON.stringify(PROJECT_ROOT)}).open(${JSON.stringify(objectPath("lsm"))})`;
  const directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  try {
    const trace = join(directory, "trace");
    execFileSync("strace", ["-f", "-e", "trace=bpf,exit_group", "-o", trace, process.execPath, "-e", script]);
    const calls = readFileSync(trace, "utf8");
    expect(calls).toContain("exit_group(0)");
    expect(calls).not.toContain("bpf(");
  } finally {
    rmSync(directory, { recursive: true });
  }
});
