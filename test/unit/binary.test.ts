/**
 * The addon's file: where the loader looks, what it refuses before the dynamic linker sees the file, and the help page.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadFile, places } from "../../lib/native/binary";
import { type Attempt, helpPage, isSupported } from "../../lib/native/help-page";
import { type Host, readHost } from "../../lib/native/host";
import { PROJECT_ROOT } from "../../scripts/places";

const linux = { platform: "linux", arch: "x64" };

describe("places", () => {
  test("a build from source takes precedence over the published file", () => {
    expect(places("/p", linux, undefined)).toEqual([
      "/p/build/Release/node_libbpf.node",
      "/p/prebuilds/linux-x64/node-libbpf.glibc.node",
    ]);
    expect(places("/p", linux, "")).toEqual(places("/p", linux, undefined));
  });

  test.each([
    ["/a/own.node", "/a/own.node"],
    ["/a", "/a/prebuilds/linux-arm64/node-libbpf.glibc.node"],
    ["a", `${process.cwd()}/a/prebuilds/linux-arm64/node-libbpf.glibc.node`],
  ])("NODE_LIBBPF_PREBUILD=%s excludes everything else", (named, path) => {
    expect(places("/p", { platform: "linux", arch: "arm64" }, named)).toEqual([path]);
  });
});

describe("a file that can't be loaded", () => {
  // It exists where the tests run: they load it.
  const path = places(PROJECT_ROOT, process, process.env.NODE_LIBBPF_PREBUILD).find((path) => existsSync(path)) ?? "";
  const folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const bytes = readFileSync(path);
  const load = (content: Uint8Array) => {
    const file = join(folder, "addon.node");
    writeFileSync(file, content);
    return () => loadFile(file, process.arch);
  };
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt16LE(value, at);
    return copy;
  };

  test.each([0, 3, 64, 3000, bytes.length >> 1, bytes.length - 1])("truncated after %d bytes", (size) => {
    expect(load(bytes.subarray(0, size))).toThrow(size < 4 ? "is not an ELF file" : "is truncated");
  });

  test("other contents", () => {
    expect(load(Buffer.from("<html>404</html>"))).toThrow("is not an ELF file");
    expect(load(changed(18, 243))).toThrow("is for riscv64");
    expect(() => loadFile(join(folder, "none.node"), process.arch)).toThrow("ENOENT");
    expect(() => loadFile(folder, process.arch)).toThrow("EISDIR");
  });
});

describe("the help page", () => {
  const host: Host = {
    ...{ ...linux, node: "20.20.2", musl: false, glibc: () => "2.31", permissions: false, named: undefined },
    ...{ root: "/p", isPackage: true },
  };
  const failed = (message: string, code = "ERR_DLOPEN_FAILED"): Attempt => ({
    path: "/p/x.node",
    error: Object.assign(new Error(message), { code }),
  });
  const missing = failed("ENOENT: no such file or directory, open '/p/x.node'", "ENOENT");
  // Messages of the dynamic linkers.
  const musl =
    "Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /p/prebuilds/linux-x64/node-libbpf.glibc.node)";
  const glibc = "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /p/x.node)";
  const disabled = failed("Cannot load native addon because loading addons is disabled.", "ERR_DLOPEN_DISABLED");

  test("has the platform, the files that were tried, and what to do", () => {
    expect(helpPage(host, [missing, failed(glibc)])).toBe(
      `the addon can't be loaded by Node 20.20.2 on linux-x64
Tried:
  /p/x.node: does not exist
  /p/x.node: ${glibc}
What to do:
  It needs glibc 2.34, but this is 2.31: use a newer distribution, or build it here: npm explore node-libbpf -- npm run build:native`,
    );
  });

  test.each<[string, Partial<Host>, Attempt[], RegExp]>([
    [
      "macOS",
      { platform: "darwin", arch: "arm64" },
      [],
      /on darwin-arm64\nWhat to do:\n {2}Run it on Linux.*\n.*sleepable/,
    ],
    ["Windows", { platform: "win32" }, [], /on win32-x64\n.*\n {2}Run it on Linux/],
    ["Node 18", { node: "18.20.8" }, [], /Node 18\.20\.8 .*\nWhat to do:\n {2}Use Node 20\.19 or newer$/],
    ["32-bit ARM", { arch: "arm" }, [missing], /Binaries exist for x64 and arm64: use such a Node, or build it here/],
    ["musl", { musl: true }, [failed(musl)], /linked with musl, but the binaries with glibc/],
    ["--no-addons", {}, [disabled], /without --no-addons/],
    ["--permission", { permissions: true }, [disabled], /add --allow-addons/],
    [
      "no right to read",
      { permissions: true },
      [failed("Access", "ERR_ACCESS_DENIED")],
      /may not be read.*--allow-fs-read/s,
    ],
    [
      "a bundler",
      { root: "/srv/app", isPackage: false },
      [missing],
      /moved the code to \/srv\/app.*NODE_LIBBPF_PREBUILD/s,
    ],
    [
      "a wrong NODE_LIBBPF_PREBUILD",
      { named: "/x" },
      [missing],
      /Correct or unset NODE_LIBBPF_PREBUILD, which is set to \/x/,
    ],
    ["another machine's", {}, [failed("is for arm64")], /Install it on the machine where it runs/],
    ["a damaged file", {}, [failed("is truncated")], /a file is damaged/],
    ["noexec", {}, [failed("/p/x.node: failed to map segment from shared object")], /not mounted noexec/],
    ["no file", {}, [missing, missing], /Reinstall it: the package lacks its binaries/],
    ["the rest", {}, [failed("/p/x.node: undefined symbol: napi_wrap")], /Reinstall it, or build it here/],
  ])("%s", (_, changes, attempts, expected) => {
    expect(helpPage({ ...host, ...changes }, attempts)).toMatch(expected);
  });

  test("the oldest Node.js version is that of package.json", () => {
    const { engines } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8"));
    const [major, minor] = engines.node.replace(">=", "").split(".").map(Number);
    const on = (node: string) => isSupported({ platform: "linux", versions: { node } });
    expect([`${major}.${minor - 1}.9`, `${major - 1}.99.0`].map(on)).toEqual([false, false]);
    expect([`${major}.${minor}.0`, `${major + 1}.0.0`].map(on)).toEqual([true, true]);
  });
});

test("the description of this host", () => {
  const { glibc, ...host } = readHost(PROJECT_ROOT);
  expect(host).toMatchObject({ node: process.versions.node, musl: false, permissions: false, isPackage: true });
  expect(glibc()).toMatch(/^2\.\d+$/);
  expect(readHost("/").isPackage).toBe(false);
});
