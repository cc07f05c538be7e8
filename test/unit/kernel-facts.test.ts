/** The reading of facts: versions, configurations, lists, BTF, profiles. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { captureProfile, kernelFacts, kernelProfile, kernelProfiles, open, readProfile } from "node-libbpf";
import { Btf } from "../../lib/btf/btf";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { BtfError } from "../../lib/btf/search";
import { isSince, parseVersion } from "../../lib/compare-versions";
import { readElf } from "../../lib/elf/elf";
import { parseConfig } from "../../lib/kernel/config";
import { parseList, withAliases } from "../../lib/kernel/error-injection";
import { identify } from "../../lib/kernel/version";
import { nearest } from "../../lib/nearest";
import { objectPath } from "../bpf/objects";

describe("the real kernel version", () => {
  const cases: [release: string, version: string, signature: string | undefined, real: string, build: string][] = [
    [
      "6.1.0-56-cloud-amd64",
      "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-01)",
      undefined,
      "6.1.192",
      "Debian 6.1.192-2",
    ],
    [
      "6.12.117+deb12-cloud-amd64",
      "#1 SMP Debian 6.12.117-1~deb12u1 (x)",
      undefined,
      "6.12.117",
      "Debian 6.12.117-1~deb12u1",
    ],
    ["7.3-cloud-amd64", "#1 SMP Debian 7.3-1 (x)", undefined, "7.3.0", "Debian 7.3-1"],
    [
      "5.15.0-91-generic",
      "#101-Ubuntu SMP",
      "Ubuntu 5.15.0-91.101-generic 5.15.131",
      "5.15.131",
      "Ubuntu 5.15.0-91.101-generic",
    ],
    ["5.15.0-91-generic", "#101-Ubuntu SMP", undefined, "5.15", "5.15.0-91-generic #101-Ubuntu SMP"],
    ["6.9.7-arch1-1", "#1 SMP", undefined, "6.9.7", "6.9.7-arch1-1 #1 SMP"],
    ["6.8.0", "#1", undefined, "6.8.0", "6.8.0 #1"],
    ["7.1.0-rc3", "#1", undefined, "7.1", "7.1.0-rc3 #1"],
  ];
  test.each(cases)("%s %s", (release, version, signature, real, build) => {
    const identity = identify({ release, version, signature });
    expect(identity.version).toMatchObject({ value: real });
    expect(identity.build).toMatchObject({ value: build });
    expect(identity.backports).toMatchObject({ value: "" });
  });

  test.each([
    "5.14.0-427.el9.x86_64",
    "5.15.0-200.el8uek.x86_64",
    "6.1.75-android14-11",
    "5.14.21-150400.24.100-default",
  ])("the version of %s decides little", (release) => {
    expect(identify({ release, version: "#1", signature: undefined }).backports).not.toMatchObject({ value: "" });
  });

  test("no version", () => {
    expect(identify({ release: "custom", version: "#1", signature: undefined }).version).toMatchObject({
      unknown: expect.stringContaining("custom"),
    });
    expect(parseVersion("6.x")).toBeUndefined();
  });

  test("the order of series", () => {
    expect(isSince("6.12.0-56-amd64", "6.12")).toBe(true);
    expect(isSince("6.2", "6.12")).toBe(false);
    expect(isSince({ major: 7, minor: 0, patch: 1 }, "6.12")).toBe(true);
  });
});

test("a configuration's options; missing ones are off", () => {
  const config = parseConfig(
    'CONFIG_BPF_LSM=y\n# CONFIG_KEYS is not set\nCONFIG_LSM="landlock,bpf"\nCONFIG_KPROBES=m\n',
  );
  expect(config).toMatchObject({
    BPF_LSM: "y",
    KEYS: "n",
    LSM: "landlock,bpf",
    KPROBES: "m",
    FUNCTION_ERROR_INJECTION: "n",
  });
});

test("error injection: aliases at the same address count; functions of modules have their module's name", () => {
  const list = "__do_sys_getpid\tERRNO\nopen_ctree\tERRNO\nnsim_setup_tc [netdevsim]\tERRNO\n";
  expect(parseList(list)).toEqual(["__do_sys_getpid", "open_ctree", "netdevsim:nsim_setup_tc"]);
  const symbols = [
    "ffffffff81000010 T __do_sys_getpid",
    "ffffffff81000010 T __x64_sys_getpid",
    "ffffffff81000020 t open_ctree",
    "ffffffff81000030 T other",
  ].join("\n");
  expect(withAliases(parseList(list), symbols)).toEqual([
    "__do_sys_getpid",
    "__x64_sys_getpid",
    "netdevsim:nsim_setup_tc",
    "open_ctree",
  ]);
  expect(withAliases(["a"], "0000000000000000 T a\n0000000000000000 T b")).toBeUndefined();
});

test("suggestions for misspelt names", () => {
  const hooks = ["file_open", "file_permission", "bprm_check_security", "file_lock"];
  expect(nearest("file_opne", hooks)).toBe("file_open");
  expect(nearest("bprm_check", hooks)).toBeUndefined();
  expect(nearest("bprm_chek_security", hooks)).toBe("bprm_check_security");
  expect(nearest("something_else", hooks)).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (name, names) => {
      const found = nearest(name, names);
      expect(found === undefined || names.includes(found)).toBe(true);
    }),
  );
});

describe("BTF", () => {
  const bytes =
    readElf(readFileSync(objectPath("mistakes")), "mistakes").find(({ name }) => name === ".BTF")?.contents ??
    new Uint8Array();

  test("types by kind and name", () => {
    const btf = new Btf(bytes);
    const id = btf.find(BtfKind.FUNC, "on_permission") ?? 0;
    expect(btf.name(id)).toBe("on_permission");
    expect(btf.kind(btf.typeOrSize(id))).toBe(BtfKind.FUNC_PROTO);
    expect(btf.find(BtfKind.FUNC, "on_permissio")).toBeUndefined();
    const found: string[] = [];
    btf.scan({ [BtfKind.FUNC]: "on_" }, (_, name) => found.push(name));
    expect(found).toContain("on_typo");
    const section = btf.find(BtfKind.DATASEC, ".maps") ?? 0;
    expect(btf.members(section).map(({ name }) => name)).toEqual(["events"]);
  });

  test("finds that names and types are missing", () => {
    expect(new Btf(bytes).fault()).toBeUndefined();
    const header = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
    const named = Uint8Array.from(bytes);
    new DataView(named.buffer).setUint32(header, 0x7fffffff, true);
    expect(new Btf(named).fault()).toMatchObject({
      id: 1,
      what: expect.stringContaining("its name offset is invalid"),
    });
    const object = readFileSync(objectPath("mistakes"));
    const at = object.indexOf(Buffer.from(bytes));
    object.writeUInt32LE(0x7fffffff, at + header);
    expect(() => open(object)).toThrow(expect.objectContaining({ code: "ERR_BPF_OBJECT_INVALID" }));
  });

  test("BTF with flipped or truncated bytes is refused, or parsed to something", () => {
    fc.assert(
      fc.property(
        fc.nat(bytes.length),
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 8 }),
        (length, flips) => {
          const damaged = Uint8Array.from(bytes);
          for (const [at, value] of flips) damaged[at] = value;
          try {
            const btf = new Btf(damaged.subarray(0, length));
            for (let id = 0; id <= btf.end; id++) {
              btf.members(btf.resolve(id));
              btf.name(id);
            }
            btf.scan({ [BtfKind.FUNC]: "", [BtfKind.STRUCT]: "" }, () => {});
          } catch (error) {
            expect(error).toBeInstanceOf(BtfError);
          }
        },
      ),
    );
  });
});

describe("profiles", () => {
  const directory = mkdtempSync(join(tmpdir(), "profile-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const written = (content: unknown) => {
    const path = join(directory, "host.json");
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };

  test("a captured profile is read back unchanged", () => {
    const facts = captureProfile();
    expect(readProfile(written(facts))).toEqual(facts);
  });

  test.each([
    ["no JSON", "{", /is not JSON/],
    ["another file", { name: "package" }, /has no "format"/],
    ["a list", [], /not a JSON object/],
    ["a later format", { ...kernelFacts(), format: 2 }, /its format is 2/],
    ["a fact that is missing", { ...kernelFacts(), version: undefined }, /"version" is missing/],
    [
      "a fact of another form",
      { ...kernelFacts(), lsmHooks: { value: "file_open", origin: "x" } },
      /"lsmHooks" has a value of the wrong form/,
    ],
    ["a fact without an origin", { ...kernelFacts(), release: { value: "6.1" } }, /"release" has neither/],
  ])("%s is refused", (_, content, message) => {
    expect(() => readProfile(written(content))).toThrow(
      expect.objectContaining({ code: "ERR_BPF_PROFILE", message: expect.stringMatching(message) }),
    );
  });

  test("a missing file", () => {
    expect(() => readProfile(join(directory, "none.json"))).toThrow(/does not exist/);
  });

  test("the built-in profiles", () => {
    const names = kernelProfiles();
    expect(names).toEqual(expect.arrayContaining(["5.10", "5.19", "6.0", "6.19", "7.0", "7.3"]));
    expect(names.filter((name) => name.startsWith("debian-")).length).toBe(4);
    for (const name of names) expect(kernelProfile(name).format).toBe(1);
    expect(kernelProfile("debian-6.1").build).toMatchObject({ value: expect.stringMatching(/^Debian 6\.1\./) });
    expect(kernelProfile("6.12.40").version).toMatchObject({ value: "6.12.40" });
  });

  test.each(["6.21", "4.19", "debian-9", "6,12", ""])("an unknown kernel %p", (name) => {
    expect(() => kernelProfile(name)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ARGUMENT", hint: expect.stringContaining("5.10") }),
    );
  });

  test("a typing mistake", () => {
    expect(() => kernelProfile("debain-6.12")).toThrow(/Did you mean/);
    expect(existsSync(directory)).toBe(true);
  });
});
