/** The search for Debian's archive. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseMirrors, parseDeb822, parseOneLine } from "../../lib/testing/mirrors";

const MIRROR = "http://mirror.example/debian";

describe("apt's configuration", () => {
  test("deb822 style: comments, lists over several lines, what is disabled", () => {
    const text = `# the archive
Types: deb deb-src
# URIs: http://other.example/debian
URIs: ${MIRROR}/
Suites: bookworm
  bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

types: deb
uris: ${MIRROR}-security
suites: bookworm-security
components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: sid
Components: main
`;
    expect(parseDeb822(text)).toEqual([
      { uris: [`${MIRROR}/`], suites: ["bookworm", "bookworm-updates"], components: ["main", "contrib"] },
      { uris: [`${MIRROR}-security`], suites: ["bookworm-security"], components: ["main"] },
    ]);
  });

  test("one-line style: options, comments", () => {
    const text = `# deb http://commented.example/debian sid main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${MIRROR} bookworm main contrib # ours
deb-src\t${MIRROR}  bookworm  main
deb cdrom:[Debian]/ bookworm main
nonsense`;
    expect(parseOneLine(text)).toEqual([
      { uris: [MIRROR], suites: ["bookworm"], components: ["main", "contrib"] },
      { uris: [MIRROR], suites: ["bookworm"], components: ["main"] },
      expect.objectContaining({ uris: [] }),
    ]);
  });

  test("a file of mirrors, as cloud images have it", () => {
    const directory = mkdtempSync(join(tmpdir(), "mirrors-"));
    try {
      const file = join(directory, "debian.list");
      writeFileSync(file, `# the mirrors\n${MIRROR}\tpriority:1\nhttps://second.example/debian\n`);
      const [source] = parseDeb822(`Types: deb\nURIs: mirror+file:${file}\nSuites: trixie\nComponents: main\n`);
      expect(source?.uris).toEqual([MIRROR, "https://second.example/debian"]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("the choice of mirrors", () => {
  const source = (uri: string, suite: string, components = ["main"]) => ({ uris: [uri], suites: [suite], components });

  test("by suites; other repositories that list them come last, or not at all", () => {
    const sources = [
      source("http://apt.example/node", "bookworm"),
      source("http://apt.example/docker", "bookworm", ["stable"]),
      source("http://apt.example/db", "bookworm-pgdg"),
      source(MIRROR, "bookworm"),
      source(MIRROR, "bookworm-updates"),
      source("http://security.example/debian-security", "bookworm-security"),
    ];
    expect(chooseMirrors(sources)).toEqual({
      main: [MIRROR, "http://apt.example/node"],
      security: ["http://security.example/debian-security"],
    });
  });

  test("the mirror in the environment comes first, with its security archive", () => {
    const sources = [source(MIRROR, "sid")];
    expect(chooseMirrors(sources, "http://named.example/debian/")).toEqual({
      main: ["http://named.example/debian", MIRROR],
      security: ["http://named.example/debian-security", `${MIRROR}-security`],
    });
  });

  test("repositories of another system are ignored", () => {
    expect(chooseMirrors([source("http://archive.example/ubuntu", "noble")])).toEqual({ main: [], security: [] });
  });
});
