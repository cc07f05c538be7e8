/**
 * Objects that no compiler emits: copies of valid ones with a few changed fields. The mutations know the structures
 * whose bytes matter: headers, sections, symbols, relocations, instructions, BTF and .BTF.ext. So most copies pass far
 * beyond the first check.
 */
import { type ElfSection, readElf } from "../../lib/elf/elf";
import { Random } from "./random";

const HEADER = 64;
const SYMBOL = 24;
const RELOCATION = 16;
const INSTRUCTION = 8;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_REL = 9;
const SHF_EXECINSTR = 4;

/** The number of words after a BTF type's first three, by its kind: once, and for each of its members. */
const BTF_WORDS: readonly (readonly [own: number, each: number])[] = [
  ...([
    [0, 0],
    [1, 0],
    [0, 0],
    [3, 0],
    [0, 3],
    [0, 3],
    [0, 2],
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ] as const),
  ...([
    [0, 0],
    [0, 0],
    [0, 2],
    [1, 0],
    [0, 3],
    [0, 0],
    [1, 0],
    [0, 0],
    [0, 3],
  ] as const),
];

/** Section names that have a meaning for libbpf. */
const SECTIONS = [
  ...[
    "lsm.s/file_open",
    "lsm/task_free",
    "fentry/vfs_read",
    "fentry.s/x",
    "fexit/",
    "fmod_ret/y",
    "freplace/z",
    "tp_btf/sched_switch",
  ],
  ...[
    "iter.s/task",
    "iter/bpf_map",
    "uprobe.s",
    "uprobe//bin/true:main",
    "kprobe/vfs_read",
    "kprobe.multi/*",
    "usdt",
    "ksyscall/read",
  ],
  ...[
    "tracepoint/syscalls/sys_enter_openat",
    "raw_tp/sys_enter",
    "syscall",
    "xdp",
    "tc",
    "tcx/ingress",
    "socket",
    "struct_ops",
    "struct_ops.s/",
  ],
  ...[
    ".maps",
    ".data",
    ".bss",
    ".rodata",
    ".kconfig",
    ".ksyms",
    ".text",
    "license",
    "version",
    "maps",
    ".struct_ops",
    ".struct_ops.link",
  ],
  ...[
    ".BTF",
    ".BTF.ext",
    ".rodata.str1.1",
    ".data.x",
    "?lsm/task_free",
    "",
    "cgroup/skb",
    "sk_msg",
    "netfilter",
    "perf_event",
    ".addr_space.1",
  ],
];

const OPCODES = [
  0x18, 0x85, 0x95, 0x05, 0x06, 0x0d, 0x8d, 0x61, 0x63, 0x79, 0x7b, 0xb7, 0x15, 0x55, 0xdb, 0xc3, 0x07, 0xbf, 0, 0xff,
];

interface Place extends ElfSection {
  index: number;
  /** File offsets of its header and of its contents. */
  header: number;
  at: number;
}

export interface Mutant {
  bytes: Buffer;
  /** A description of the changes. */
  how: string;
}

/** Returns a copy with one or several changes. The same numbers give the same copy. */
export function mutant(
  sources: readonly (readonly [name: string, bytes: Uint8Array])[],
  seed: number,
  index: number,
): Mutant {
  const random = new Random(seed, index);
  const [name, bytes] = random.one(sources);
  const mutation = new Mutation(bytes, random);
  // An object with many changes is refused because of the first.
  const changes = 1 + (random.rarely(3) ? random.below(5) : 0);
  for (let change = 0; change < changes; change++) mutation.change();
  return { bytes: mutation.result(), how: `${name}: ${mutation.how.join(", ")}` };
}

class Mutation {
  readonly how: string[] = [];
  readonly #random: Random;
  readonly #bytes: Buffer;
  readonly #places: readonly Place[];
  #size: number;

  constructor(source: Uint8Array, random: Random) {
    this.#random = random;
    this.#bytes = Buffer.from(source);
    this.#size = source.length;
    const table = Number(this.#bytes.readBigUInt64LE(40));
    this.#places = readElf(this.#bytes, "object").map((section, index) => {
      const header = table + index * HEADER;
      return { ...section, index, header, at: Number(this.#bytes.readBigUInt64LE(header + 24)) };
    });
  }

  result(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  change(): void {
    const kinds: (() => void)[] = [
      () => this.#elfHeader(),
      () => this.#cut(),
      ...Array(2).fill(() => this.#bits()),
      ...Array(2).fill(() => this.#bytesMoved()),
      ...Array(3).fill(() => this.#sectionHeader()),
      ...Array(2).fill(() => this.#sectionName()),
      ...Array(6).fill(() => this.#symbol()),
      ...Array(6).fill(() => this.#relocation()),
      ...Array(5).fill(() => this.#instruction()),
      ...Array(10).fill(() => this.#btf()),
      ...Array(3).fill(() => this.#btfText()),
      ...Array(6).fill(() => this.#btfExt()),
    ];
    this.#random.one(kinds)();
  }

  /** Replaces a number. */
  #write(what: string, at: number, size: 1 | 2 | 4 | 8, likely: readonly number[] = []): void {
    if (at < 0 || at + size > this.#bytes.length) return;
    const random = this.#random;
    const bits = BigInt(size * 8);
    const before = size === 8 ? this.#bytes.readBigUInt64LE(at) : BigInt(this.#bytes.readUIntLE(at, size));
    const near = [-8n, -2n, -1n, 1n, 2n, 8n, 16n, 24n].map((step) => before + step);
    const edges = [
      0n,
      1n,
      8n,
      0x7fn,
      0xffn,
      0x7fffn,
      0xffffn,
      2n ** 20n,
      2n ** 31n - 1n,
      2n ** 31n,
      2n ** 32n - 1n,
      2n ** 32n - 8n,
      2n ** 63n,
      -1n,
      -8n,
    ];
    const after = BigInt.asUintN(
      Number(bits),
      random.one([
        () => random.one(near),
        () => random.one(edges),
        () => (likely.length > 0 ? BigInt(random.one(likely)) : BigInt(random.below(256))),
        () => before ^ (1n << BigInt(random.below(Number(bits)))),
        () => BigInt(random.below(2 ** 32)),
      ])(),
    );
    if (size === 8) this.#bytes.writeBigUInt64LE(after, at);
    else this.#bytes.writeUIntLE(Number(after), at, size);
    this.how.push(`${what} 0x${before.toString(16)} → 0x${after.toString(16)}`);
  }

  #elfHeader(): void {
    const [at, size] = this.#random.one([
      [16, 2],
      [18, 2],
      [20, 4],
      [40, 8],
      [48, 4],
      [52, 2],
      [58, 2],
      [60, 2],
      [62, 2],
    ] as const);
    this.#write(`ELF header +${at}`, at, size, [this.#bytes.length, this.#places.length]);
  }

  #cut(): void {
    this.#size = this.#random.rarely(2)
      ? this.#random.below(this.#size + 1)
      : Math.max(0, this.#size - 1 - this.#random.below(64));
    this.how.push(`cut to ${this.#size} bytes`);
  }

  #bits(): void {
    for (let left = 1 + this.#random.below(8); left > 0; left--) {
      const at = this.#random.below(this.#bytes.length);
      this.#bytes[at] = (this.#bytes[at] as number) ^ (1 << this.#random.below(8));
    }
    this.how.push("bits");
  }

  #bytesMoved(): void {
    const length = 1 + this.#random.below(64);
    const from = this.#random.below(this.#bytes.length);
    const to = this.#random.below(this.#bytes.length);
    this.#bytes.copy(this.#bytes, to, from, from + length);
    this.how.push(`${length} bytes of ${from} to ${to}`);
  }

  #sectionHeader(): void {
    const place = this.#random.one(this.#places);
    const other = this.#random.one(this.#places);
    const fields = [
      [0, 4],
      [4, 4],
      [8, 8],
      [24, 8],
      [32, 8],
      [40, 4],
      [44, 4],
      [48, 8],
      [56, 8],
    ] as const;
    const [at, size] = this.#random.one(fields);
    const field = other.header + at;
    const same = size === 8 ? Number(this.#bytes.readBigUInt64LE(field)) : this.#bytes.readUInt32LE(field);
    this.#write(`section ${place.name} +${at}`, place.header + at, size, [
      same,
      this.#bytes.length,
      SHT_SYMTAB,
      SHT_STRTAB,
      8,
      SHT_REL,
    ]);
  }

  /** Overwrites the section's name. */
  #sectionName(): void {
    const names = this.#places[this.#bytes.readUInt16LE(62)];
    const place = this.#random.one(this.#places);
    if (names === undefined) return;
    const name = this.#random.one(SECTIONS);
    const at = names.at + this.#bytes.readUInt32LE(place.header);
    if (at + name.length + 1 > this.#bytes.length) return;
    this.#bytes.write(`${name}\0`, at, "latin1");
    this.how.push(`section ${place.name} is called ${name}`);
  }

  #entry(type: number, size: number): { place: Place; at: number } | undefined {
    const places = this.#places.filter((place) => place.type === type && place.contents.length >= size);
    if (places.length === 0) return undefined;
    const place = this.#random.one(places);
    return { place, at: place.at + this.#random.below(place.contents.length / size) * size };
  }

  #symbol(): void {
    const entry = this.#entry(SHT_SYMTAB, SYMBOL);
    if (entry === undefined) return;
    const { at } = entry;
    const number = (at - entry.place.at) / SYMBOL;
    const [field, size] = this.#random.one([
      [0, 4],
      [4, 1],
      [5, 1],
      [6, 2],
      [8, 8],
      [8, 8],
      [16, 8],
      [16, 8],
    ] as const);
    const sizes = this.#places.flatMap(({ contents }) => [contents.length, contents.length - 8]);
    const likely: Partial<Record<number, readonly number[]>> = {
      4: [0, 1, 2, 3, 0x10, 0x11, 0x12, 0x20, 0x22],
      6: [...this.#places.keys(), 0xfff1, 0xfff2, 0xffff],
      8: sizes,
      16: sizes,
    };
    this.#write(`symbol ${number} +${field}`, at + field, size, likely[field]);
  }

  #relocation(): void {
    const entry = this.#entry(SHT_REL, RELOCATION);
    if (entry === undefined) return;
    const { place, at } = entry;
    const target = this.#places[place.info];
    const symbols = Math.floor((this.#places.find(({ type }) => type === SHT_SYMTAB)?.contents.length ?? 0) / SYMBOL);
    const [field, size] = this.#random.one([
      [0, 8],
      [0, 8],
      [8, 4],
      [12, 4],
      [12, 4],
    ] as const);
    const offset = this.#random.below((target?.contents.length ?? 0) / INSTRUCTION + 1) * INSTRUCTION;
    this.#write(
      `${place.name} +${at - place.at + field}`,
      at + field,
      size,
      {
        0: [offset, (target?.contents.length ?? 0) - 8],
        8: [1, 2, 3, 4, 10],
        12: [this.#random.below(symbols + 1), symbols],
      }[field],
    );
  }

  #instruction(): void {
    const places = this.#places.filter(
      ({ flags, contents }) => (flags & SHF_EXECINSTR) !== 0 && contents.length >= INSTRUCTION,
    );
    if (places.length === 0) return;
    const place = this.#random.one(places);
    const count = Math.floor(place.contents.length / INSTRUCTION);
    // Nothing follows the last one.
    const at =
      place.at +
      (this.#random.rarely(4) ? count - 1 - this.#random.below(Math.min(2, count)) : this.#random.below(count)) *
        INSTRUCTION;
    const [field, size] = this.#random.one([
      [0, 1],
      [0, 1],
      [1, 1],
      [2, 2],
      [4, 4],
      [4, 4],
    ] as const);
    const likely = {
      0: OPCODES,
      1: [0x10, 0x11, 0x21, 0x31, 0x41, 0x51, 0x61, 0xff],
      2: [1, -1, -2, count],
      4: [-1, count, 1, 23, 195],
    }[field];
    this.#write(`${place.name} +${at - place.at + field}`, at + field, size, likely);
  }

  /** The offsets of the parts of .BTF. */
  #parts(): { at: number; types: number; typesEnd: number; strings: number; stringsEnd: number } | undefined {
    const place = this.#places.find(({ name }) => name === ".BTF");
    if (place === undefined || place.contents.length < 24) return undefined;
    const view = new DataView(place.contents.buffer, place.contents.byteOffset, place.contents.length);
    const body = place.at + view.getUint32(4, true);
    const types = body + view.getUint32(8, true);
    const strings = body + view.getUint32(16, true);
    return {
      at: place.at,
      types,
      typesEnd: types + view.getUint32(12, true),
      strings,
      stringsEnd: strings + view.getUint32(20, true),
    };
  }

  #btf(): void {
    const parts = this.#parts();
    if (parts === undefined) return;
    if (this.#random.rarely(12)) {
      const field = this.#random.one([0, 4, 8, 12, 16, 20]);
      this.#write(`BTF header +${field}`, parts.at + field, 4, [this.#bytes.length]);
      return;
    }
    const starts: number[] = [];
    for (let at = parts.types; at + 12 <= Math.min(parts.typesEnd, this.#bytes.length); ) {
      const info = this.#bytes.readUInt32LE(at + 4);
      const [own, each] = BTF_WORDS[(info >>> 24) & 0x1f] ?? [0, 0];
      starts.push(at);
      at += (3 + own + each * (info & 0xffff)) * 4;
    }
    if (starts.length === 0) return;
    const number = this.#random.below(starts.length);
    const at = starts[number] as number;
    const words = ((starts[number + 1] ?? parts.typesEnd) - at) / 4;
    const word = this.#random.below(Math.max(words, 1));
    const types = [
      number,
      number + 1,
      number + 2,
      starts.length,
      starts.length + 1,
      this.#random.below(starts.length + 1),
    ];
    const info =
      this.#random.below(20) * 2 ** 24 + this.#random.one([0, 1, 2, 2 ** 16 - 1]) + this.#random.one([0, 2 ** 31]);
    const names = [this.#random.below(parts.stringsEnd - parts.strings), parts.stringsEnd - parts.strings];
    this.#write(`type ${number + 1} word ${word}`, at + word * 4, 4, word === 0 ? names : word === 1 ? [info] : types);
  }

  #btfText(): void {
    const parts = this.#parts();
    if (parts === undefined || parts.stringsEnd <= parts.strings) return;
    const at = parts.strings + this.#random.below(parts.stringsEnd - parts.strings);
    if (at >= this.#bytes.length) return;
    const text = this.#random.one([
      "\0",
      "*/",
      "\u0001",
      "é",
      ".",
      "___",
      "event:struct x",
      "btf_decl_tag",
      '"',
      "__proto__\0",
      "constructor\0",
      ".maps\0",
      "0:1:2",
      "0:0:0:0:0:0",
      "\n",
      "...",
    ]);
    this.#bytes.write(text, at, Math.min(text.length, parts.stringsEnd - at), "utf8");
    this.how.push(`BTF text +${at - parts.strings} is ${JSON.stringify(text)}`);
  }

  #btfExt(): void {
    const place = this.#places.find(({ name }) => name === ".BTF.ext");
    if (place === undefined || place.contents.length < 32) return;
    if (this.#random.rarely(8)) {
      const field = this.#random.one([0, 4, 8, 12, 16, 20, 24, 28]);
      this.#write(`BTF.ext header +${field}`, place.at + field, 4, [place.contents.length]);
      return;
    }
    const part = this.#random.one([8, 16, 24, 24]);
    const view = new DataView(place.contents.buffer, place.contents.byteOffset, place.contents.length);
    const start = view.getUint32(4, true) + view.getUint32(part, true);
    const words = Math.floor(view.getUint32(part + 4, true) / 4);
    // The size of a record, then a section's name and count, are at the start.
    const word = this.#random.rarely(4) ? this.#random.below(3) : this.#random.below(Math.max(words, 1));
    this.#write(`BTF.ext part ${part} word ${word}`, place.at + start + word * 4, 4, [
      this.#random.below(64) * 8,
      this.#random.below(100),
      this.#random.below(13),
    ]);
  }
}
