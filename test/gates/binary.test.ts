/** What the built addon may need and show. Run on the building host. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";
import { objectPath } from "../bpf/objects";

const addon = join(PROJECT_ROOT, "build/Release/node_libbpf.node");
const lines = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: "utf8" }).trim().split("\n");

test("it needs nothing but the C library", () => {
  const needed = lines("readelf", "-d", addon).flatMap((line) => /NEEDED.*\[(.+)\]/.exec(line)?.[1] ?? []);
  expect(needed.every((library) => /^(libc\.so\.6|ld-linux.*\.so\.\d)$/.test(library))).toBe(true);
  const loaded = lines("ldd", addon).map((line) => line.trim().split(/[\s/]/)[0]);
  expect(loaded.filter((library) => library && !/^(linux-vdso|libc\.so\.6)/.test(library))).toEqual([]);
});

test("it exports the Node-API entry points and nothing else", () => {
  const exported = lines("nm", "-D", "--defined-only", addon).map((line) => line.split(" ").at(-1));
  expect(exported.sort()).toEqual(["napi_register_module_v1", "node_api_module_get_api_version_v1"]);
});

test("what it imports is Node's, uv's or the C library's", () => {
  const imported = lines("nm", "-D", "-u", addon).map((line) => line.trim().replace(/^[Uw] /, ""));
  const foreign = imported.filter(
    (name) => !/@(GLIBC|GCC)_|^(napi|node_api|uv)_|^(_ITM_|__gmon_start__|__cxa_)/.test(name),
  );
  expect(foreign).toEqual([]);
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
