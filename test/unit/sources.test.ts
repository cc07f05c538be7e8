/** The sources that the addon's libraries are built from. */
import { PINNED, parseSources } from "../../scripts/sources";

const HASH = "7ab5feffbf78557f626f2e3e3204788528394494715a30fc2070fcddc2051b7b";

function stanza(directory: string, file: string, debian: string): string {
  return `Package: x
Version: 1:0-1
Files:
 d41d8cd98f00b204e9800998ecf8427e 1 ${file}
Checksums-Sha256:
 ${"0".repeat(64)} 2637 ${debian}.dsc
 ${HASH} 1325737 ${file}
 ${"1".repeat(64)} 16576 ${debian}.debian.tar.xz
Directory: ${directory}
Section: libs`;
}

test.each([
  ["libbpf", "libbpf_1.7.0.orig.tar.gz", "1.7.0"],
  ["elfutils", "elfutils_0.196.orig.tar.bz2", "0.196"],
  ["zlib", "zlib_1.3.dfsg+really1.3.1.orig.tar.gz", "1.3.1"],
  ["zlib", "zlib_1.3.2.dfsg.orig.tar.gz", "1.3.2"],
] as const)("%s: %s is version %s", (name, file, version) => {
  const text = stanza(`pool/main/x/${name}`, file, name);
  expect(parseSources(name, [text, ""])).toEqual([
    { name, version, file: `pool/main/x/${name}/${file}`, sha256: HASH },
  ]);
});

test("each is pinned by version and hash, and its file name has the same version", () => {
  expect(PINNED.map(({ name }) => name).sort()).toEqual(["elfutils", "libbpf", "zlib"]);
  for (const { name, version, file, sha256 } of PINNED) {
    const index = file.lastIndexOf("/");
    const text = stanza(file.slice(0, index), file.slice(index + 1), name).replace(HASH, sha256);
    expect(parseSources(name, [text])).toEqual([{ name, version, file, sha256 }]);
  }
});
