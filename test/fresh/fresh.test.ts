/**
 * Runs the first command of CONTRIBUTING.md on a machine without any trace of this project, and with a failing archive.
 *
 * One case does everything from nothing. The others start from its end state and remove what they test, so that
 * everything is compiled once: the code that downloads meets the archive's fault, and is the same then. Each fault
 * affects all three kinds of downloads: apt-get's, the kernel's and the sources'. Only the cases with other sources or
 * with half-built libraries build again.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PROJECT_ROOT } from "../../scripts/places";
import { PINNED } from "../../scripts/sources";
import { architectureOf } from "../../scripts/toolchain";
import { Archive, type Change, type Fault } from "./archive";
import { type Ended, FreshRoot, PROJECT } from "./fresh-root";
import { fieldOf, sha256 } from "./release";

// Next to other tests everything takes several times as long.
jest.setTimeout(60 * 60_000);

const OPTIONS = ["--json", "--count", "3"];
const WHOLE = ["npm", "run", "--silent", "demo", "--", ...OPTIONS];
/** The second half of the demo: installs what machines need, downloads the kernel, boots it. */
const DEMO = ["node", "dist/scripts/demo.js", ...OPTIONS];
/** The first half of the demo, without npm's packages. */
const SETUP = ["node", "dist/scripts/setup.js", "--demo"];

const CACHE = "/root/.cache/node-libbpf";
/** A small package that the demo installs. */
const PACKAGE = "busybox-static";
/** Removes the downloads of all three kinds. */
const FORGET = `
dpkg --purge --force-depends ${PACKAGE} >&2
rm -rf /var/lib/apt/lists /var/cache/apt/archives/*.deb ${CACHE}/kernels ${CACHE}/apt ${CACHE}/sources`;
const FORGET_LIBRARIES = `${FORGET} .deps`;
/**
 * Everything that the demo downloads from the archive, with the demo's code: packages, the kernel, the libraries'
 * sources.
 */
const FETCH = `
const { installPackages, PACKAGES } = require("./dist/scripts/system-packages.js");
const { Progress } = require("./dist/scripts/progress.js");
const { MATRIX } = require("./dist/scripts/kernels.js");
const { fetchSource, PINNED } = require("./dist/scripts/sources.js");
const { resolveKernel } = require("./dist/lib/testing/kernels.js");
const progress = new Progress("fetch");
installPackages(PACKAGES.machines, progress).then(() => {
  resolveKernel(MATRIX.lts, process.arch, (text) => progress.note(text));
  for (const pinned of PINNED) fetchSource(pinned, (text) => progress.note(text));
});`;
const LIBBPF = PINNED.find(({ name }) => name === "libbpf") as (typeof PINNED)[number];

const KERNEL_DEB = /\/linux-(image|binary)-6\.12[^/]*-cloud-\w+_[^/]*\.deb$/;
const PACKAGE_DEB = new RegExp(`/${PACKAGE}_[^/]*\\.deb$`);
const TARBALL = /\.orig\.tar\.\w+$/;
const FILES = [PACKAGE_DEB, KERNEL_DEB, TARBALL];
const DAY_MS = 24 * 3600 * 1000;

let archive: Archive;
/** The root in which everything has run. */
let ready: FreshRoot;

beforeAll(async () => {
  archive = await Archive.start();
});

afterAll(async () => {
  ready?.[Symbol.dispose]();
  await archive[Symbol.asyncDispose]();
});

function expectEvents({ status, stdout, stderr }: Ended): void {
  // If it failed, show all its output.
  if (status !== 0) throw new Error(`exit status ${status}\n${stdout}${stderr}`);
  const events = stdout.trim().split("\n");
  expect(events).toHaveLength(3);
  for (const event of events) expect(JSON.parse(event)).toHaveProperty("pid");
}

/** Expects one line of output that names the alternative it used. */
function expectLine({ stderr }: Ended, what: RegExp): void {
  if (!stderr.split("\n").some((line) => what.test(line))) throw new Error(`no line is like ${what}:\n${stderr}`);
}

function expectNothingElse({ stderr }: Ended): void {
  expect(stderr.split("\n").filter((line) => /\b(took|taking|without)\b|: using /.test(line))).toEqual([]);
}

function bytesOf(folder: string): number {
  return Number.parseInt(spawnSync("du", ["-sb", folder], { encoding: "utf8" }).stdout, 10);
}

/** The CPU time of finished processes. */
function cpuSeconds(): number {
  // cutime and cstime of proc(5), in ticks of 10 ms; the name before them may contain spaces.
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

test("three events, from nothing", async () => {
  ready = await FreshRoot.make(archive);
  archive.set();
  const before = cpuSeconds();
  const ended = await ready.run(WHOLE);
  expectEvents(ended);
  const figures = {
    seconds: Math.round(ended.milliseconds / 1000),
    cpuSeconds: Math.round(cpuSeconds() - before),
    archiveBytes: archive.bytes,
    npmBytes: bytesOf(join(ready.upper, "root/.npm/_cacache")),
  };
  const results = join(PROJECT_ROOT, "dist/results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "fresh.json"), `${JSON.stringify(figures)}\n`);
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  process.stderr.write(
    `fresh: three events after ${figures.seconds} s (${figures.cpuSeconds} s of CPU), with ${megabytes(figures.archiveBytes)} from Debian's archive and ` +
      `${megabytes(figures.npmBytes)} from npm's registry\n`,
  );
});

/**
 * The index of bookworm-updates with a newer revision of the package that the pool does not have: the index is ahead of
 * it.
 */
async function ahead(): Promise<Change> {
  const index = "main/binary-amd64/Packages";
  const found = (await archive.index("debian", "bookworm", index)).find((text) => fieldOf(text, "Package") === PACKAGE);
  if (found === undefined) throw new Error(`bookworm has no ${PACKAGE}`);
  const newer = found.replace(/^Version: .*$/m, "$&.9").replace(/^(Filename: .*)(_[^_]*\.deb)$/m, "$1.9$2");
  return { suite: "bookworm-updates", index, edit: (paragraphs) => [...paragraphs, newer] };
}

interface FaultCase {
  faults?: Fault[];
  changes?: () => Promise<Change[]>;
  env?: () => Record<string, string>;
  /** A temporary fault: in the end the original file is used. */
  passes?: true;
  /** One pattern for each kind of download that meets the fault. */
  lines: RegExp[];
}

const FAULTS: Record<string, FaultCase> = {
  "the newest revision is not there": {
    faults: [{ what: "missing", at: KERNEL_DEB, first: true }],
    changes: async () => [await ahead()],
    lines: [/busybox-static .*404.*taking /, /linux-.*404.*: using /],
  },
  "a transfer is cut in the middle": {
    faults: FILES.map((at) => ({ what: "cut", at, times: 1 })),
    passes: true,
    lines: [/busybox-static.*(retried|fetched again)/, /linux-.*retried/, /orig\.tar.*retried/],
  },
  "the archive is busy twice": {
    faults: FILES.map((at) => ({ what: "busy", at, times: 2 })),
    passes: true,
    lines: [/busybox-static.*(retried|fetched again)/, /linux-.*retried/, /orig\.tar.*retried/],
  },
  // apt refuses it, because it can't tell whether the mirror or an attacker holds back updates.
  "the index is an old one": {
    changes: async () => [
      {
        suite: "bookworm-security",
        fields: {
          Date: new Date(Date.now() - 30 * DAY_MS).toUTCString(),
          "Valid-Until": new Date(Date.now() - 23 * DAY_MS).toUTCString(),
        },
      },
    ],
    lines: [/bookworm-security.* (expired|not valid)/, /trixie-security/],
  },
  "the mirror that was named has no such files": {
    faults: [KERNEL_DEB, TARBALL].map((at) => ({ what: "missing", at: new RegExp(`^/other/.*${at.source}`) })),
    env: () => ({ NODE_LIBBPF_DEBIAN_MIRROR: `${archive.address}/other/debian` }),
    lines: [/orig\.tar.*404/],
  },
};

test.each(Object.entries(FAULTS))("%s", async (_, { faults = [], changes, env, passes, lines }) => {
  using root = ready.copy();
  await root.sh(FORGET);
  archive.set();
  archive.set({ faults, changes: (await changes?.()) ?? [] });
  const ended = await root.run(["node", "-e", FETCH], env?.());
  if (ended.status !== 0) throw new Error(`exit status ${ended.status}\n${ended.stderr}`);
  for (const line of lines) expectLine(ended, line);
  if (passes) expectNothingElse(ended);
});

describe("pinned sources that no suite has any more", () => {
  const faults: Fault[] = [{ what: "missing", at: /\/libbpf_1\.7\.0\.orig\.tar\.gz$/ }];
  const index = "main/source/Sources";
  const isLibbpf = (paragraph: string) => fieldOf(paragraph, "Package") === LIBBPF.name;
  const gone = ["trixie", "forky", "sid"].map((suite) => ({
    ...{ suite, index },
    edit: (paragraphs: string[]) => paragraphs.filter((paragraph) => !isLibbpf(paragraph)),
  }));

  test("fail with what is missing and what to do, and leave no partial build", async () => {
    using root = ready.copy();
    await root.sh(FORGET_LIBRARIES);
    archive.set({ faults, changes: gone });
    const ended = await root.run(WHOLE);
    expect(ended).toMatchObject({ status: 1, stdout: "" });
    expectLine(ended, /libbpf 1\.7\.0 .*NODE_LIBBPF_DEBIAN_MIRROR/);
    const deps = join(root.upper, PROJECT, ".deps");
    const left = existsSync(deps) ? readdirSync(deps, { recursive: true, encoding: "utf8" }) : [];
    expect(left.filter((path) => /\.a$|\.part/.test(path))).toEqual([]);
  });

  test("are replaced by the next version, and the output and the library report it", async () => {
    using root = ready.copy();
    await root.sh(FORGET_LIBRARIES);
    archive.set();
    const bytes = Buffer.from(await (await fetch(`${archive.address}/debian/${LIBBPF.file}`)).arrayBuffer());
    // The same bytes under the name of a later version.
    const later = (text: string) => text.replaceAll("1.7.0", "1.7.1");
    const added = (await archive.index("debian", "forky", index)).filter(isLibbpf).map(later);
    archive.set({
      ...{ faults, files: new Map([[later(LIBBPF.file), bytes]]) },
      changes: [...gone, { suite: "sid", index, edit: (paragraphs) => [...paragraphs, ...added] }],
    });
    const ended = await root.run(WHOLE);
    expectEvents(ended);
    expectLine(ended, /libbpf 1\.7\.1 instead of 1\.7\.0/);
    expect(await root.sh(`node -p 'require("./dist/lib").libbpf.sources'`)).toContain("libbpf 1.7.1");
  });
});

test("on a system that is not Debian, a named mirror serves, verified with the package's keyring", async () => {
  using root = ready.copy();
  await root.sh(`
rm -rf /etc/apt/sources.list.d/* /usr/share/keyrings/* /var/lib/apt/lists ${CACHE}/kernels ${CACHE}/apt
mv /var/lib/dpkg/status /var/lib/dpkg/status-away`);
  archive.set();
  const without = await root.run(DEMO);
  expect(without).toMatchObject({ status: 1 });
  expectLine(without, /NODE_LIBBPF_DEBIAN_MIRROR/);
  const ended = await root.run(DEMO, { NODE_LIBBPF_DEBIAN_MIRROR: `${archive.address}/debian` });
  expectEvents(ended);
  expectLine(ended, /dnf install .*qemu-system-x86-core/);
});

test("a series that Debian dropped: the newest in the cache; else the available ones, and the matrix reports it as not run", async () => {
  using root = ready.copy();
  archive.set();
  const vm = ["node", "dist/scripts/vm.js", "--kernel", "6.99", "--", "true"];
  const gone = await root.run(vm);
  expect(gone).toMatchObject({ status: 125 });
  expectLine(gone, /Debian has no kernel 6\.99.*Debian has .*6\.12/);
  const cell = await root.sh(`node -e '
require("./dist/scripts/test-vm.js").testInVm({ kernel: "6.99", pattern: "x" }).then((result) => console.log(JSON.stringify(result)))'`);
  expect(JSON.parse(cell)).toMatchObject({
    failed: 0,
    skipped: 1,
    note: expect.stringContaining("the kernel no longer exists"),
  });
  await root.sh(`cd ${CACHE}/kernels; cp vmlinuz-6.12.* vmlinuz-6.99.1-cloud-amd64; touch -d 2020-01-01 vmlinuz-6.99*`);
  const kept = await root.run(vm);
  expect(kept).toMatchObject({ status: 0 });
  expectLine(kept, /6\.99.*: using vmlinuz-6\.99\.1-cloud-amd64 from the cache/);
});

/** For this architecture: the compiler, its options and the libraries' recipe are the same for the other one. */
test("the published addon is the same, byte for byte, as one built here in another folder", async () => {
  const architecture = architectureOf(process.arch);
  const file = `prebuilds/linux-${architecture}/node-libbpf.glibc.node`;
  using root = ready.copy();
  archive.set();
  await root.sh(`node dist/scripts/setup.js --shipped; node dist/scripts/prebuild.js ${architecture}`);
  const [here, there] = [PROJECT_ROOT, join(root.upper, PROJECT)].map((folder) =>
    sha256(readFileSync(join(folder, file))),
  );
  expect(there).toBe(here);
});

/** Stops dpkg as soon as it starts to unpack, and reports it. */
const STOP = "status-logger=grep -q -m1 half-installed && kill -STOP $PPID && touch /tmp/stopped";

test("the next run continues one that was killed", async () => {
  using root = ready.copy();
  await root.sh(FORGET_LIBRARIES);
  const killed = async (command: readonly string[], isThere: (stderr: string) => boolean) => {
    const running = root.start(command);
    let hasEnded = false;
    running.ended.then(() => {
      hasEnded = true;
    });
    while (!hasEnded && !isThere(running.stderr)) await sleep(20);
    running.kill();
    const { status, stdout, stderr } = await running.ended;
    if (status !== null) throw new Error(`it ended before it was killed: ${status}\n${stdout}${stderr}`);
  };
  const killedFetching = (command: readonly string[], at: RegExp) => {
    archive.set({ faults: [{ what: "stalled", at }] });
    return killed(command, () => archive.answers.some(({ fault }) => fault === "stalled"));
  };

  await killedFetching(SETUP, TARBALL);
  archive.set();
  await killed(SETUP, (stderr) => stderr.includes("building libelf"));
  await killedFetching(DEMO, PACKAGE_DEB);
  archive.set();
  await root.sh(`echo '${STOP}' >/etc/dpkg/dpkg.cfg.d/stop`);
  await killed(DEMO, () => existsSync(join(root.upper, "tmp/stopped")));
  await root.sh("rm /etc/dpkg/dpkg.cfg.d/stop");
  await killedFetching(DEMO, KERNEL_DEB);
  archive.set();
  expectEvents(await root.run(WHOLE));
});
