import fc from "fast-check";
import { Archive } from "../fresh/archive";
import { changedRelease, fieldOf, hashesOf, paragraphsOf, rangeOf, sha256, unsigned } from "../fresh/release";

const RELEASE = `Origin: Debian
Suite: testing
Valid-Until: Fri, 06 Nov 2026 08:08:01 UTC
Acquire-By-Hash: yes
MD5Sum:
 0123 10 main/source/Sources
SHA256:
 aa 10 main/source/Sources
 bb 11 main/source/Sources.gz
 cc 12 main/source/Sources.xz
 dd 13 main/source/Sources.diff/Index
 ee 14 main/source/Release
`;

describe("a Release", () => {
  test("is read from its signed form, with dash escapes", () => {
    const signed = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

Origin: Debian

- -- a line
-----BEGIN PGP SIGNATURE-----

abc
-----END PGP SIGNATURE-----
`;
    expect(unsigned(signed)).toBe("Origin: Debian\n\n-- a line\n");
  });

  test("lists files by their hash", () => {
    expect(hashesOf(RELEASE).get("main/source/Sources.xz")).toBe("cc");
    expect(hashesOf("Suite: empty\n").size).toBe(0);
  });

  test("with another index has only the given forms of it, and everything else", () => {
    const bytes = Buffer.from("Package: zlib\n");
    const changed = changedRelease(RELEASE, new Map([["main/source/Sources", bytes]]), {
      "Valid-Until": undefined,
      Suite: "stable",
    });
    expect([...hashesOf(changed)]).toEqual([
      ["main/source/Release", "ee"],
      ["main/source/Sources", sha256(bytes)],
    ]);
    expect(changed).toContain(` ${bytes.length} main/source/Sources\n`);
    expect(fieldOf(changed, "Suite")).toBe("stable");
    expect(fieldOf(changed, "Valid-Until")).toBeUndefined();
    expect(fieldOf(changed, "MD5Sum")).toBeUndefined();
    expect(fieldOf(changed, "Acquire-By-Hash")).toBe("yes");
  });
});

test("paragraphs and their fields", () => {
  const paragraphs = paragraphsOf("Package: a\nFiles:\n x 1\n y 2\nVersion: 1\n\n\nPackage: b\n\n");
  expect(paragraphs).toHaveLength(2);
  expect(fieldOf(paragraphs[0] ?? "", "Files")).toBe("\n x 1\n y 2");
  expect(fieldOf(paragraphs[0] ?? "", "Version")).toBe("1");
  expect(fieldOf(paragraphs[1] ?? "", "Version")).toBeUndefined();
});

describe("a range", () => {
  test.each([
    [undefined, { start: 0, end: 10 }],
    ["bytes=3-", { start: 3, end: 10 }],
    ["bytes=3-4", { start: 3, end: 5 }],
    ["bytes=3-99", { start: 3, end: 10 }],
    ["bytes=-4", { start: 6, end: 10 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=1-2,4-5", { start: 0, end: 10 }],
    ["lines=1-2", { start: 0, end: 10 }],
  ])("%s of ten bytes", (header, range) => {
    expect(rangeOf(header, 10)).toEqual(range);
  });

  test("never exceeds the file", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(50), fc.nat(50), fc.nat(40), (text, first, last, size) => {
        for (const header of [text, `bytes=${first}-`, `bytes=${first}-${last}`, `bytes=-${last}`]) {
          const range = rangeOf(header, size);
          if (range === "unsatisfiable") continue;
          expect(range.start).toBeGreaterThanOrEqual(0);
          expect(range.end).toBeLessThanOrEqual(size);
          expect(range.start).toBeLessThanOrEqual(range.end);
        }
      }),
    );
  });
});

describe("the archive's server", () => {
  const body = Buffer.from("0123456789");
  const files = new Map([["pool/a+b_1.deb", body]]);
  let archive: Archive;

  beforeEach(async () => {
    archive = await Archive.start();
  });
  afterEach(() => archive[Symbol.asyncDispose]());

  const get = (init?: RequestInit, path = "/debian/pool/a%2bb_1.deb") => fetch(archive.address + path, init);

  test("serves a file, its head, and a part of it", async () => {
    archive.set({ files });
    expect(await (await get()).text()).toBe("0123456789");
    expect(await (await get({}, "/other/debian/pool/a+b_1.deb")).text()).toBe("0123456789");
    const head = await get({ method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("10");
    expect(await head.text()).toBe("");
    const part = await get({ headers: { range: "bytes=7-" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 7-9/10", "789"]);
    const changed = await get({ headers: { range: "bytes=7-", "if-range": "Thu, 01 Jan 1970 00:00:01 GMT" } });
    expect([changed.status, await changed.text()]).toEqual([200, "0123456789"]);
    expect((await get({ headers: { range: "bytes=10-" } })).status).toBe(416);
    expect((await get({}, "/elsewhere/x")).status).toBe(404);
    expect(archive.bytes).toBe(33);
  });

  test("is missing only the first requested of the matching files", async () => {
    const both = new Map([...files, ["pool/a_0.deb", body]]);
    archive.set({ files: both, faults: [{ what: "missing", at: /pool\/a/, first: true }] });
    const statuses = [];
    for (const path of ["a+b_1.deb", "a_0.deb", "a+b_1.deb"])
      statuses.push((await get({}, `/debian/pool/${path}`)).status);
    expect(statuses).toEqual([404, 200, 404]);
    expect(archive.answers[0]).toEqual({ path: "/debian/pool/a+b_1.deb", status: 404, bytes: 0, fault: "missing" });
  });

  test("is busy the configured number of times", async () => {
    archive.set({ files, faults: [{ what: "busy", at: /pool/, times: 2 }] });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await get()).status);
    expect(statuses).toEqual([503, 503, 200]);
  });

  test("cuts a transfer in the middle", async () => {
    archive.set({ files, faults: [{ what: "cut", at: /pool/, times: 1 }] });
    await expect(get().then((response) => response.text())).rejects.toThrow();
    expect(archive.bytes).toBe(5);
    expect(await (await get()).text()).toBe("0123456789");
  });
});
