/** Checks that the library knows every warning in libbpf's source with which an open, load, attach or pin can end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { causeOf, isKnown } from "../../lib/native/libbpf-messages";
import { PROJECT_ROOT } from "../../scripts/places";
import { PINNED } from "../../scripts/sources";

const LIBBPF = PINNED.find(({ name }) => name === "libbpf");
const SOURCE = join(PROJECT_ROOT, ".deps/src", `libbpf-${LIBBPF?.version}`, "src");
const FILES = ["libbpf.c", "elf.c", "features.c", "relo_core.c", "usdt.c", "btf.c", "zip.c"];

/** Warnings of calls that this library does not make, or whose arguments it checks first. */
const NOT_CALLED =
  /^(?:object '.*': (?:load|prepare)|object not yet loaded|prog '.*': can't |prog '.*': invalid perf event|prog '.*': relative_fd|prog '.*': supply none|prog '.*': only BPF_PROG_TYPE_EXT|prog '.*': target netdevice|map '.*': can't (?:attach|use|associate)|map '.*': (?:unexpected (?:key|value) size|BPF_F_CPU)|map '.*': BPF map skeleton|error: program handler|error in |invalid map pointer|excl_prog|exclusive programs|failed to open link|failed to munmap|page count|map '.*' should be BPF_MAP_TYPE_PERF|failed to (?:create epoll|allocate|get online|set cpu|epoll_ctl|open perf|mmap perf|enable perf)|unknown perf sample|error while processing|perf_buffer:|failed to find skeleton|failed to (?:initialize|populate|load BPF) s|type for map|Empty CPU|unexpected (?:reference|kind when)|internal error)/;

/** Converts a warning's format to a line. */
function lineOf(format: string): string {
  let number = 6;
  return format
    .replace(/\\n/g, "")
    .replace(/\\"/g, '"')
    .replace(/: %(?:s|d|ld)\.?$/, ": -EINVAL")
    .replace(/%(?:\d\$)?(-?\d*\.?\*?)(l{0,2}|z)([dusxci])/g, (_, _width, _size, kind: string) =>
      kind === "s" ? "name" : kind === "c" ? "m" : String(++number),
    )
    .replace(/%%/g, "%");
}

const lines = FILES.flatMap((file) => {
  const text = readFileSync(join(SOURCE, file), "utf8");
  const calls = text.matchAll(/pr_warn\(((?:\s*"(?:[^"\\]|\\.)*"(?:\s*PRI\w+)?)+)/g);
  return [...calls].map(([, strings = ""]) =>
    lineOf([...strings.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part]) => part).join("")),
  );
});

test("the source has the expected warnings", () => {
  expect(lines.length).toBeGreaterThan(400);
});

test("each warning is a cause with a remedy, or known not to be a cause", () => {
  expect([...new Set(lines)].filter((line) => !isKnown(line) && !NOT_CALLED.test(line))).toEqual([]);
});

test("the errno of a line is left to the error", () => {
  const causes = lines.map((line) => causeOf([line])?.words).filter((words) => words !== undefined);
  expect(causes.filter((words) => /EINVAL/.test(words))).toEqual([]);
});
