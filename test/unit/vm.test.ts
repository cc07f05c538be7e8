/** The parts of the virtual-machine harness that need no machine. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelProfile } from "node-libbpf";
import { compareVersions } from "../../lib/compare-versions";
import { parseKernelName } from "../../lib/kernel-name";
import { cacheDirectory } from "../../lib/testing/cache";
import { CpioWriter, cpioHeader } from "../../lib/testing/cpio";
import { kernelDirectory, resolveKernel } from "../../lib/testing/kernels";
import { commandScript, quote } from "../../lib/testing/quote";
import { parseReport } from "../../lib/testing/report";
import { kernelsOf, newestOf } from "../../lib/testing/versions";
import { packageClosure } from "../../scripts/jest-closure";
import { PROJECT_ROOT } from "../../scripts/places";

describe("the initramfs", () => {
  test("an entry's header is 110 bytes of hexadecimal fields, its name, and padding to four bytes", () => {
    const header = cpioHeader("dev/console", 7, { mode: 0o020600, device: [5, 1] });
    const fields = (header.toString("latin1", 6, 110).match(/.{8}/g) ?? []).map((field) => parseInt(field, 16));
    expect(header.toString("latin1", 0, 6)).toBe("070701");
    expect(fields).toEqual([7, 0o020600, 0, 0, 1, 0, 0, 0, 0, 5, 1, "dev/console".length + 1, 0]);
    expect(header.toString("latin1", 110)).toBe("dev/console\0\0\0");
    expect(header.length % 4).toBe(0);
  });

  test("parents come before their children, once, and content is padded", () => {
    const directory = mkdtempSync(join(tmpdir(), "vm-test-"));
    try {
      const source = join(directory, "source");
      writeFileSync(source, "hello");
      chmodSync(source, 0o751);
      const fd = openSync(join(directory, "archive"), "w");
      const archive = new CpioWriter(fd);
      archive.file("/a/b/file", source, 5, 0o751);
      archive.link("/a/link", "b/file");
      archive.text("/a/b/empty", "");
      archive.end();
      closeSync(fd);
      const entries = readArchive(readFileSync(join(directory, "archive")));
      expect(entries).toEqual([
        ["a", 0o040755, ""],
        ["a/b", 0o040755, ""],
        ["a/b/file", 0o100751, "hello"],
        ["a/link", 0o120777, "b/file"],
        ["a/b/empty", 0o100644, ""],
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("the choice of a kernel", () => {
  test.each([
    ["6.12.9", "6.12.117"],
    ["5.10.0-9-cloud-amd64", "5.10.0-46-cloud-amd64"],
    ["6.9.1", "6.12.0"],
    ["6.12.9+deb13", "6.12.10+deb12"],
    ["6.12", "6.12.1"],
  ])("%s is older than %s", (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
    expect(compareVersions(newer, newer)).toBe(0);
  });

  const packages = [
    "linux-image-6.1-cloud-amd64",
    "linux-image-6.1.0-9-cloud-amd64",
    "linux-image-6.1.0-56-cloud-amd64",
    "linux-image-6.1.0-56-cloud-amd64-dbg",
    "linux-image-6.1.0-57-cloud-amd64-unsigned",
    "linux-image-6.1.0-0.deb11.52-cloud-amd64",
    "linux-image-6.12.117+deb12-cloud-amd64",
    "linux-image-7.3.4+deb13-cloud-amd64",
    "linux-binary-7.3.4+deb13-cloud-amd64",
    "linux-binary-unsigned-7.3.4+deb13-cloud-amd64",
    "linux-image-cloud-amd64",
  ];

  test("the builds of the series, the newest first, no metapackage, no debug symbols, no rebuild for another release", () => {
    expect(kernelsOf("6.1", packages).map(({ name }) => name)).toEqual([
      "linux-image-6.1.0-56-cloud-amd64",
      "linux-image-6.1.0-9-cloud-amd64",
    ]);
  });

  test("the package that contains the image, if that is linux-binary-*", () => {
    expect(kernelsOf("7.3", packages)[0]?.name).toBe("linux-binary-7.3.4+deb13-cloud-amd64");
  });

  test("none for a series that does not exist", () => {
    expect(kernelsOf("6.13", packages)).toEqual([]);
    expect(newestOf("6.1", ["6.12.117"])).toBeUndefined();
  });

  test.each([
    ["6.12", "6.12", "6.12", false, false],
    ["v6.12.40", "6.12", "6.12.40", false, false],
    ["debian-6.12", "6.12", "6.12", true, false],
    ["debian-6.1.192", "6.1", "6.1.192", true, false],
    ["6.1.0-56-cloud-amd64", "6.1", "6.1.0-56-cloud-amd64", false, false],
    ["6.12.117+deb13", "6.12", "6.12.117+deb13", false, false],
    ["5.10-errinj", "5.10", "5.10", false, true],
  ])("%s is a kernel's name", (text, series, release, isDebian, hasErrorInjection) => {
    expect(parseKernelName(text)).toEqual({ series, release, isDebian, hasErrorInjection });
  });

  test.each(["", "6", "host", "vmlinuz-6.12", "./6.12", "debian-", "6.12/vmlinuz"])("%j is not one", (text) => {
    expect(parseKernelName(text)).toBeUndefined();
  });

  test("a release is found in the cache by a part of its name", () => {
    const before = process.env.NODE_LIBBPF_CACHE;
    const cache = mkdtempSync(join(tmpdir(), "vm-test-"));
    process.env.NODE_LIBBPF_CACHE = cache;
    try {
      mkdirSync(kernelDirectory(), { recursive: true });
      for (const release of ["6.12.11+deb13", "6.12.117+deb12", "6.12.118+deb13"]) {
        const image = join(kernelDirectory(), `vmlinuz-${release}-cloud-amd64`);
        writeFileSync(image, "");
        if (release.startsWith("6.12.118")) continue;
        // Named by its release, and never selected as the newest of its series.
        utimesSync(image, 0, 0);
      }
      const found = (name: string) => /vmlinuz-(.*)-cloud-amd64$/.exec(resolveKernel(name, "x64").image)?.[1];
      expect(["6.12", "debian-6.12", "6.12.117", "debian-6.12.117", "6.12.117+deb12", "6.12.11"].map(found)).toEqual([
        ...["6.12.118+deb13", "6.12.118+deb13", "6.12.117+deb12", "6.12.117+deb12", "6.12.117+deb12"],
        "6.12.11+deb13",
      ]);
    } finally {
      if (before === undefined) delete process.env.NODE_LIBBPF_CACHE;
      else process.env.NODE_LIBBPF_CACHE = before;
      rmSync(cache, { recursive: true });
    }
  });

  test("a kernel that can only be booted or only be judged is distinguished", () => {
    expect(() => resolveKernel("host", "x64")).toThrow(/run the command itself/);
    expect(() => kernelProfile("6.12-errinj")).toThrow(/vm --kernel 6\.12-errinj .*--profile/);
    expect(() => kernelProfile("./vmlinuz")).toThrow(/is a bootable kernel/);
  });

  test("the cache is in the directory that the environment names", () => {
    expect(cacheDirectory({ NODE_LIBBPF_CACHE: "/a", XDG_CACHE_HOME: "/b" })).toBe("/a");
    expect(cacheDirectory({ XDG_CACHE_HOME: "/b" })).toBe("/b/node-libbpf");
    expect(cacheDirectory({})).toMatch(/\/\.cache\/node-libbpf$/);
  });
});

describe("the command", () => {
  const words = ["", "a b", "it's", '"$HOME" `id` \\', "two\nlines\n", "*", "-n", "ü€😀"];

  test("each word reaches the program unchanged", () => {
    const print = "process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.WEIRD, process.cwd()]))";
    const script = commandScript([process.execPath, "-e", print, "--", ...words], { WEIRD: words.join("'") }, "/tmp");
    const printed = JSON.parse(execFileSync("sh", ["-c", script], { encoding: "utf8" })) as unknown;
    expect(printed).toEqual([words, words.join("'"), "/tmp"]);
  });

  test("what a shell can't express is refused", () => {
    expect(() => quote("a\0b")).toThrow(/NUL/);
    expect(() => commandScript(["true"], { "A;B": "" }, "/")).toThrow(/environment variable/);
  });

  test("a missing directory gives status 126", () => {
    expect(spawnSync("sh", ["-c", commandScript(["true"], {}, "/no/such")]).status).toBe(126);
  });
});

describe("the report", () => {
  test("the status and the archives, with any content", () => {
    const archive = Buffer.from("end\nexit 0\n\0\xff", "latin1");
    const head = Buffer.from(`ready\nexit 7\ntar 1 ${archive.length}\n`);
    const bytes = Buffer.concat([head, archive, Buffer.from("end\n")]);
    expect(parseReport(bytes)).toEqual({ exitCode: 7, archives: new Map([[1, archive]]) });
  });

  const cutShort = ["", "ready\n", "ready\nexit 0\n", "ready\nexit 0\ntar 0 10\nabc", "ready\nend\n"];
  test.each(cutShort)("%j is cut short", (text) => {
    expect(parseReport(Buffer.from(text))).toBeUndefined();
  });
});

test("jest's closure has jest's dependencies and no build tools", () => {
  const names = packageClosure(PROJECT_ROOT, ["jest"]).map((path) => path.slice(PROJECT_ROOT.length));
  const some = ["/node_modules/jest", "/node_modules/jest-circus", "/node_modules/expect"];
  expect(names).toEqual(expect.arrayContaining(some));
  expect(names).not.toContain("/node_modules/typescript");
});

/** Name, mode and content of each entry. */
function readArchive(bytes: Buffer): [string, number, string][] {
  const entries: [string, number, string][] = [];
  for (let at = 0; ; ) {
    const field = (index: number) => parseInt(bytes.toString("latin1", at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const name = bytes.toString("utf8", at + 110, at + 110 + nameSize - 1);
    const content = (at + 110 + nameSize + 3) & ~3;
    if (name === "TRAILER!!!") return entries;
    entries.push([name, mode, bytes.toString("utf8", content, content + size)]);
    at = (content + size + 3) & ~3;
  }
}
