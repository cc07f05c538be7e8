/** open(): its description of an object, and the files it refuses. Needs no root and makes no kernel call. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { BpfError, type ErrorCode, Flag, open, ProgramType } from "node-libbpf";
import { Btf } from "../../lib/btf/btf";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { type ElfSection, readElf } from "../../lib/elf/elf";
import { unsound } from "../../lib/elf/relocation-bounds";
import { open as openFlags } from "../bpf/flags.bpf";
import { objectPath } from "../bpf/objects";
import { ElfEdit } from "../elf-edit";

const bytes = readFileSync(objectPath("lsm"));

function shared(source: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(source.length));
  copy.set(source);
  return copy;
}

test("64-bit integers are bigints or numbers", () => {
  const asked = open(objectPath("variables"), { u64: "number" });
  expect([open(objectPath("variables")).variables.sums, asked.variables.sums]).toEqual([
    [0n, 0n, 0n],
    [0, 0, 0],
  ]);
  expect(() => open(objectPath("variables"), { u64: "int" as never })).toThrow(
    /u64 must be "bigint" or "number", got "int"/,
  );
});

describe("an object's description", () => {
  test("programs", () => {
    const { programs, license, name } = open(objectPath("flags"));
    expect({ name, license }).toEqual({ name: "flags", license: "GPL" });
    expect(Object.keys(programs)).toEqual(["lsm_plain", "lsm_sleepable", "uprobe_plain", "uprobe_sleepable"]);
    expect(programs.lsm_sleepable).toMatchObject({
      name: "lsm_sleepable",
      section: "lsm.s/bprm_committed_creds",
      kind: "lsm",
      type: ProgramType.LSM,
      attachTarget: "bprm_committed_creds",
      sleepable: true,
      flags: Flag.SLEEPABLE,
      autoload: false,
      autoattach: true,
    });
    expect(programs.uprobe_plain).toMatchObject({
      kind: "uprobe",
      attachTarget: undefined,
      sleepable: false,
      flags: 0,
    });
  });

  test("a syscall program is sleepable, and sections newer than libbpf are known", () => {
    expect(open(objectPath("syscall")).programs.sum_bytes).toMatchObject({ kind: "syscall", sleepable: true });
    expect(open(objectPath("probes")).programs.on_raw_tp_sleepable).toMatchObject({
      kind: "raw_tp",
      type: ProgramType.RAW_TRACEPOINT,
      sleepable: true,
      attachTarget: "sys_exit",
    });
  });

  test("maps and variables", () => {
    const spec = open(objectPath("maps"));
    expect(spec.maps.percpu_hash).toMatchObject({
      type: "percpu_hash",
      keySize: 4,
      valueSize: 12,
      maxEntries: 8,
      flags: 0,
      pinPath: undefined,
    });
    expect(Object.keys(spec.maps)).toEqual(
      expect.arrayContaining(["hash", "lru", "array", "queue", ".rodata", ".data", ".bss"]),
    );
    expect(spec.variables).toMatchObject({ limit: 7, offset: -5n, enabled: false, port: 443, level: -3, counter: 0n });
    expect(spec.variables.label).toBe("abc");
  });

  test("is the same from a path and from bytes, and is not touched by later changes of the bytes", () => {
    const copy = Uint8Array.from(bytes);
    const spec = open(copy, { name: "lsm" });
    copy.fill(0);
    expect(Object.keys(spec.programs)).toEqual(Object.keys(open(objectPath("lsm")).programs));
  });
});

describe("settings", () => {
  test("sleepable and flags stay consistent", () => {
    const program = openFlags().programs.lsm_plain;
    program.sleepable = true;
    expect(program.flags).toBe(Flag.SLEEPABLE);
    program.flags = Flag.ANY_ALIGNMENT;
    expect(program).toMatchObject({ sleepable: false, flags: Flag.ANY_ALIGNMENT });
  });

  test.each([
    ["sleepable", "yes"],
    ["flags", -1],
    ["flags", 2 ** 32],
    ["autoload", 1],
    ["attachTarget", ""],
  ])("%s = %p is refused, naming the program", (key, value) => {
    const program = openFlags().programs.lsm_plain as unknown as Record<string, unknown>;
    expect(() => {
      program[key] = value;
    }).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT", program: "lsm_plain" }));
  });

  test("variables refuse what does not fit, and unknown names", () => {
    const { variables } = open(objectPath("maps"));
    const set = (name: string, value: never) => () => {
      variables[name] = value;
    };
    for (const [name, value] of [
      ["limit", -1],
      ["limit", 2 ** 32],
      ["port", 65536],
      ["level", -129],
      ["limit", 1.5],
      ["limit", "7"],
      ["label", 5],
      ["enabled", 2],
    ]) {
      expect(set(name as string, value as never)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
    }
    expect(set("no_such_variable", 1 as never)).toThrow(TypeError);
  });
});

describe("bad input", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const edited = (edit: (copy: Buffer) => unknown) => {
    const copy = Buffer.from(bytes);
    edit(copy);
    return copy;
  };
  const cases: [what: string, content: Buffer, code: ErrorCode][] = [
    ["an empty file", Buffer.alloc(0), "ERR_BPF_OBJECT_EMPTY"],
    ["a text file", Buffer.from("#!/bin/sh\necho no\n"), "ERR_BPF_OBJECT_NOT_ELF"],
    ["one byte of an ELF file", bytes.subarray(0, 1), "ERR_BPF_OBJECT_TRUNCATED"],
    ["half an ELF header", bytes.subarray(0, 40), "ERR_BPF_OBJECT_TRUNCATED"],
    ["half an object", bytes.subarray(0, bytes.length >> 1), "ERR_BPF_OBJECT_TRUNCATED"],
    ["an object without its last byte", bytes.subarray(0, -1), "ERR_BPF_OBJECT_TRUNCATED"],
    ["a big-endian object", edited((copy) => copy.writeUInt8(2, 5)), "ERR_BPF_OBJECT_ENDIANNESS"],
    ["a 32-bit object", edited((copy) => copy.writeUInt8(1, 4)), "ERR_BPF_OBJECT_32BIT"],
    ["an object of another machine", edited((copy) => copy.writeUInt16LE(62, 18)), "ERR_BPF_OBJECT_NOT_BPF"],
    [
      "an object without BTF",
      edited((copy) => copy.write(".xTF\0", copy.lastIndexOf(".BTF\0"))),
      "ERR_BPF_OBJECT_NO_BTF",
    ],
    [
      "an object with broken BTF",
      edited((copy) =>
        copy.fill(0xff, copy.indexOf(Buffer.from([0x9f, 0xeb])), copy.indexOf(Buffer.from([0x9f, 0xeb])) + 8),
      ),
      "ERR_BPF_OBJECT_INVALID",
    ],
  ];

  const variables = () => new ElfEdit(readFileSync(objectPath("variables")));
  const buffers = () => new ElfEdit(readFileSync(objectPath("buffers")));
  const structOps = (place: bigint) =>
    new ElfEdit(readFileSync(objectPath("refusals-struct-ops"))).symbolValue("dummy", place).bytes;
  cases.push(
    ...buffers()
      .sizesInsideLoads("send_message")
      .map((size): (typeof cases)[number] => [
        `a function that ends inside a load, at ${size}`,
        buffers().symbolSize("send_message", size).bytes,
        "ERR_BPF_OBJECT_INVALID",
      ]),
    ["a function beyond its section", buffers().symbolSize("send_message", 1n << 20n).bytes, "ERR_BPF_OBJECT_INVALID"],
    ["a function of 2^64 bytes", buffers().symbolSize("send_message", 2n ** 64n - 8n).bytes, "ERR_BPF_OBJECT_INVALID"],
    // libbpf adds the size in 32 bits, and would copy memory before the section.
    ["a struct_ops near 2^32", structOps(2n ** 32n - 8n), "ERR_BPF_OBJECT_INVALID"],
    ["a struct_ops at 2^63", structOps(2n ** 63n), "ERR_BPF_OBJECT_INVALID"],
    ["a struct_ops that begins where it can't end", structOps(8n), "ERR_BPF_OBJECT_INVALID"],
    ["a variable beyond .data", variables().symbolValue("config", 1n << 20n).bytes, "ERR_BPF_OBJECT_INVALID"],
    ["a variable beyond .bss", variables().symbolValue("sums", 1n << 20n).bytes, "ERR_BPF_OBJECT_INVALID"],
    ["a .bss of 2 GiB", variables().header(".bss", 32, 1n << 31n).bytes, "ERR_BPF_OBJECT_INVALID"],
    ["a .bss of 2^64 bytes", variables().header(".bss", 32, 2n ** 64n - 1n).bytes, "ERR_BPF_OBJECT_INVALID"],
    ["a licence without contents", variables().header("license", 4, 8n).bytes, "ERR_BPF_OBJECT_INVALID"],
  );

  test("a relocation that is not inside .maps", () => {
    const section = (name: string, more: Partial<ElfSection>): ElfSection => ({
      ...{ name, type: 1, flags: 0, link: 0, info: 0, size: 0, contents: new Uint8Array() },
      ...more,
    });
    const at = (offset: bigint) => {
      const contents = new Uint8Array(BigUint64Array.of(offset, 0n).buffer);
      const maps = section(".maps", { contents: new Uint8Array(32) });
      return unsound([section("", {}), maps, section(".rel.maps", { type: 9, info: 1, contents })], 1000);
    };
    expect([0n, 24n].map(at)).toEqual([undefined, undefined]);
    for (const offset of [25n, 2n ** 32n, 2n ** 64n - 8n]) expect(at(offset)).toMatch("a relocation is outside");
  });

  test("an object that declares 1 GiB of zeroes takes no memory for them", () => {
    const { bytes: claims } = variables().header(".bss", 32, 1n << 30n);
    // The same with types that do not match.
    const nameless = Buffer.from(claims);
    nameless.write(".xss", nameless.indexOf(".bss\0", nameless.indexOf(Buffer.from([0x9f, 0xeb]))));
    const before = process.memoryUsage();
    for (const source of [claims, claims, nameless, nameless]) {
      try {
        const spec = open(source);
        expect(spec.variables.sums).toEqual([0n, 0n, 0n]);
      } catch (error) {
        // libbpf compares with the types since 1.0, and refuses it.
        expect(error).toMatchObject({ code: "ERR_BPF_OBJECT_INVALID" });
      }
    }
    const { external, rss } = process.memoryUsage();
    expect(external - before.external).toBeLessThan(64 << 20);
    expect(rss - before.rss).toBeLessThan(256 << 20);
  });

  test("a __kconfig variable has the size of its type, whatever its section says", () => {
    const claims = readFileSync(objectPath("kconfig"));
    const btf = readElf(claims, "kconfig").find(({ name }) => name === ".BTF")?.contents ?? new Uint8Array();
    const types = new Btf(btf);
    const kconfig = types.start(types.find(BtfKind.DATASEC, ".kconfig") ?? 0);
    // The header, the type's three words, a variable's type and offset.
    new DataView(btf.buffer, btf.byteOffset).setUint32(24 + 4 * (kconfig + 5), 0x7fff_ffff, true);
    const before = process.memoryUsage().rss;
    expect(open(claims).variables.CONFIG_MADE_UP_NUMBER).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 << 20);
  });

  test("a detached buffer is an empty file", () => {
    const detached = Uint8Array.from(bytes);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    expect(() => open(detached)).toThrow(expect.objectContaining({ code: "ERR_BPF_OBJECT_EMPTY" }));
    expect(open(shared(bytes), { name: "lsm" }).license).toBe("GPL");
  });

  test.each(cases)("%s", (_, content, code) => {
    const path = join(directory, "object.bpf.o");
    writeFileSync(path, content);
    for (const source of [path, content]) {
      expect(() => open(source, { name: "object" })).toThrow(
        expect.objectContaining({
          name: "ObjectError",
          code,
          operation: "open",
          hint: expect.stringMatching(/\w/),
          message: expect.stringContaining("object"),
        }),
      );
    }
  });

  test("a missing path, and a directory", () => {
    const missing = join(directory, "nothing.bpf.o");
    expect(() => open(missing)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_OBJECT_NOT_FOUND", message: expect.stringContaining(missing) }),
    );
    expect(() => open(directory)).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_OBJECT_UNREADABLE",
        message: expect.stringContaining("is a directory"),
      }),
    );
  });

  test.each([[undefined], [null], [42], [{}]])("open(%p)", (source) => {
    expect(() => open(source as never)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  });

  test.each([[null], [{ onlog: () => {} }], [{ name: 5 }], [{ onLog: "console" }]])("open(path, %p)", (options) => {
    expect(() => open(objectPath("lsm"), options as never)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ARGUMENT", operation: "open" }),
    );
  });

  test("a text with a NUL is refused, not truncated", () => {
    const refused = expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringContaining("NUL") });
    expect(() => open(`${objectPath("lsm")}\0.txt`)).toThrow(refused);
    for (const option of ["name", "pinRoot", "kconfig", "btfPath"])
      expect(() => open(objectPath("lsm"), { [option]: "a\0b" })).toThrow(refused);
    const spec = open(objectPath("lsm"));
    expect(() => {
      spec.program("on_exec").attachTarget = "file_open\0";
    }).toThrow(refused);
    const maps = open(objectPath("maps"));
    expect(() => {
      maps.map("hash").pinPath = "/sys/fs/bpf/a\0b";
    }).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT", map: "hash" }));
  });

  test("a kconfig variable can't be assigned; its value is an option of open()", () => {
    const spec = open(objectPath("facts"));
    expect(() => {
      spec.variables.CONFIG_HZ = 100;
    }).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT", hint: expect.stringContaining("kconfig") }));
  });

  test("damaged objects open or give a BpfError, and nothing else", () => {
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(damage, fc.nat(bytes.length), (places, length) => {
        const copy = Buffer.from(bytes.subarray(0, length % 3 === 0 ? length : bytes.length));
        for (const [place, value] of places) if (place < copy.length) copy[place] = value;
        try {
          open(copy);
        } catch (error) {
          if (!(error instanceof BpfError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
