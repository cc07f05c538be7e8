/** What is fuzzed by coverage: everything that reads what others wrote, without loading it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BpfError, type Codec, codecOf, codecs, explain } from "../../lib";
import { Btf } from "../../lib/btf/btf";
import { toC } from "../../lib/btf/c";
import { toJson } from "../../lib/btf/json";
import { valueLike, valueOfText } from "../../lib/codec/value-text";
import { readSections } from "../../lib/elf/elf";
import { checkedBtf } from "../../lib/elf/read-btf";
import { parseLine } from "../../lib/events/trace-line";
import { renderTypes } from "../../lib/gen/typescript-types";
import { parseConfig } from "../../lib/kernel/config";
import { validateProfile } from "../../lib/kernel/profile-format";
import { identify } from "../../lib/kernel/version";
import { prefixCodec } from "../../lib/map/prefix";
import { lastLines, summarise } from "../../lib/object/verifier-log";
import { verifierStats } from "../../lib/program/verifier-stats";
import { parseSection } from "../../lib/section-names";
import { PROJECT_ROOT } from "../../scripts/places";
import { objectPath } from "../bpf/objects";
import type { Target } from "./guided";
import { tryObject } from "./trial";

const text = (input: Uint8Array) => Buffer.from(input).toString("utf8");
const bytesOf = (words: readonly string[]) => words.map((word) => new Uint8Array(Buffer.from(word)));

/** Errors of the library are answers; others are findings. */
function ours(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
  }
}

const OBJECTS = ["maps", "guard", "shapes", "iter", "variables", "struct-ops", "facts"];
const sectionOf = (object: string, name: string) => {
  const sections = readSections(readFileSync(objectPath(object)), object);
  return Uint8Array.from(sections.find((section) => section.name === name)?.contents ?? []);
};

const logs = () => {
  const folder = join(PROJECT_ROOT, "test/logs");
  const files = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Log[]);
  return files.flat().map(({ errno, log }) => `${errno}\n${log.slice(0, 40).join("\n")}`);
};
interface Log {
  errno: string;
  log: string[];
}

const typed = () => Array.from(new Btf(sectionOf("shapes", ".BTF"), undefined, "shapes").types());
let coders: Codec<unknown>[] | undefined;
/** Codecs of all types that have one. */
const allCodecs = () => {
  coders ??= typed().flatMap((type) => {
    try {
      return [codecOf(type)];
    } catch {
      return [];
    }
  });
  return [...coders, codecs.text(16), codecs.bytes(16), codecs.u64] as Codec<unknown>[];
};

/** What was decoded is encoded, and decoded again, to the same value. */
function roundTrip(input: Uint8Array): void {
  const all = allCodecs();
  const codec = all[(input[0] ?? 0) % all.length] as Codec<unknown>;
  const bytes = new Uint8Array(Math.min(1 << 16, Math.max(codec.size, input.length)));
  bytes.set(input.subarray(0, bytes.length));
  const value = codec.decode(new DataView(bytes.buffer), 0, bytes.length);
  const again = new Uint8Array(bytes.length);
  ours(() => codec.encode(value, new DataView(again.buffer), 0, again.length));
}

export const TARGETS: Readonly<Record<string, Target>> = {
  btf: {
    batch: 128,
    seeds: () => OBJECTS.map((name) => sectionOf(name, ".BTF")),
    run: (input) =>
      ours(() => {
        const btf = checkedBtf(Uint8Array.from(input), "x");
        toC(btf);
        toJson(btf.types());
        renderTypes(Array.from(btf.types()).filter(({ name }) => name !== ""));
      }),
  },
  open: {
    batch: 16,
    seeds: () => OBJECTS.map((name) => Uint8Array.from(readFileSync(objectPath(name)))),
    run: (input) => {
      const [wrong] = tryObject(input);
      if (wrong !== undefined) throw new Error(wrong);
    },
  },
  codec: {
    seeds: () => allCodecs().map((_, index) => Uint8Array.of(index, 1, 2, 3, 4, 5, 6, 7)),
    run: roundTrip,
    most: 512,
  },
  log: {
    seeds: () => bytesOf(logs()),
    most: 4096,
    words: [
      "\n",
      "R1",
      "invalid",
      "processed ",
      " insns",
      "0: (85) call ",
      "bpf_",
      "is not sleepable",
      "unknown func",
      "map",
    ],
    run: (input) => {
      const [errno = "", ...log] = text(input).split("\n");
      ours(() => explain({ errno, log }));
      summarise(log);
      summarise(lastLines(input));
      verifierStats(input);
    },
  },
  profile: {
    seeds: () => [
      new Uint8Array(
        Buffer.from(
          JSON.stringify(small(JSON.parse(readFileSync(join(PROJECT_ROOT, "profiles/debian-6.12.117.json"), "utf8")))),
        ),
      ),
    ],
    most: 8192,
    words: ["null", "{}", "[]", '"value":', '"unknown":', "1e999", '"format":1', ","],
    run: (input) => {
      let value: unknown;
      try {
        value = JSON.parse(text(input));
      } catch {
        return;
      }
      validateProfile(value);
    },
  },
  words: {
    seeds: () =>
      bytesOf([
        "lsm.s/file_open",
        "uprobe//bin/x:f+0x10",
        "usdt//bin/x:a:b",
        "kprobe.multi/vfs_*",
        "tracepoint/a/b",
        "struct_ops.s/x",
        "10.0.0.0/8",
        "::1/128",
        "fe80::1%lo",
        "6.12.117+deb12-amd64",
        "5.10.0-rc1",
        'CONFIG_BPF=y\nCONFIG_X="a"\n# CONFIG_Y is not set',
        "           <...>-1234  [001] d..31 12.345678: bpf_trace_printk: text",
      ]),
    most: 256,
    words: ["/", ":", "+0x", ".s", "::", "%", "-rc", "=y\n", "# ", " is not set", "[000]", "lsm", "iter", "xdp", "."],
    run: (input) => {
      const word = text(input);
      parseSection(word, input[0] ?? 0);
      parseLine(word);
      parseConfig(word);
      identify({ release: word, version: word, signature: word });
      for (const size of [8, 20, 12])
        ours(() => prefixCodec("m", size).encode(word, new DataView(new ArrayBuffer(size)), 0, size));
    },
  },
  text: {
    seeds: () => bytesOf(["1", "-1", '"x"', "0xff", '{"a":1}', "[1,2]", "true", "18446744073709551615", "01 02 03 04"]),
    most: 256,
    words: ["{", "}", "[", "]", '"', ":", ",", "0x", "\\u0000", "1e9", "null", "-", "99999999999999999999"],
    run: (input) => {
      const word = text(input);
      const all = allCodecs();
      const codec = all[input.length % all.length] as Codec<unknown>;
      ours(() => valueLike(word, 1n));
      ours(() => valueOfText(word, codec, codec.size));
    },
  },
};

/** A profile with a few names of each list. */
function small(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 3).map(small);
  if (typeof value !== "object" || value === null) return typeof value === "string" ? value.slice(0, 200) : value;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 24)
      .map(([name, field]) => [name, small(field)]),
  );
}
