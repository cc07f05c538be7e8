/** Global variables over memory. */
import type { VariableDescription } from "../../lib/native";
import { Sections } from "../../lib/object/sections";
import { variablesOver } from "../../lib/object/variables";
import { BtfBuilder } from "../btf-builder";

const SECTION = 99;

function fixture() {
  const btf = new BtfBuilder();
  const u32 = btf.int("unsigned int", 4, "unsigned");
  const text = btf.array(btf.int("char", 1, "signed"), 8);
  const list = btf.array(btf.int("unsigned long", 8, "unsigned"), 2);
  const variable = (name: string, typeId: number, offset: number, size: number, section = ".data") => ({
    ...{ name, section, sectionId: SECTION, offset, size, typeId },
  });
  const typeOf = (id: number) => btf.type(id);
  return { u32, text, list, variable, typeOf };
}

function sections(variables: VariableDescription[], typeOf: ConstructorParameters<typeof Sections>[1]) {
  const initial = new Uint8Array(32);
  const maps = [{ internal: true, valueTypeId: SECTION, valueSize: 32, initial }] as unknown as ConstructorParameters<
    typeof Sections
  >[0]["maps"];
  return new Sections({ maps, variables } as ConstructorParameters<typeof Sections>[0], typeOf);
}

test("variables have the values of their types", () => {
  const { u32, text, list, variable, typeOf } = fixture();
  const all = [variable("count", u32, 0, 4), variable("label", text, 8, 8), variable("list", list, 16, 16)];
  const memory = sections(all, typeOf);
  const variables = variablesOver(memory.variables, memory, typeOf, "bigint");
  expect({ ...variables }).toEqual({ count: 0, label: "", list: [0n, 0n] });
  Object.assign(variables, { count: 7, label: "hello", list: [1n, 2n ** 64n - 1n] });
  expect({ ...variables }).toEqual({ count: 7, label: "hello", list: [1n, 2n ** 64n - 1n] });
  expect(Buffer.from(memory.changed(SECTION) ?? []).toString("hex", 0, 16)).toBe("070000000000000068656c6c6f000000");
});

test("a value that does not fit is refused, and the old value stays", () => {
  const { u32, text, list, variable, typeOf } = fixture();
  const all = [variable("count", u32, 0, 4), variable("label", text, 8, 8), variable("list", list, 16, 16)];
  const memory = sections(all, typeOf);
  const variables = variablesOver(memory.variables, memory, typeOf, "bigint");
  const refused = (name: string, value: unknown) => {
    expect(() => Object.assign(variables, { [name]: value })).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ARGUMENT", operation: "codec.encode" }),
    );
  };
  refused("count", -1);
  refused("count", "1");
  refused("label", "more than eight");
  refused("list", [1n]);
  expect(() => Object.assign(variables, { list: [1n, -1n] })).toThrow("variable list[1]: expected u64, got -1n");
  expect({ ...variables }).toEqual({ count: 0, label: "", list: [0n, 0n] });
  expect(memory.changed(SECTION)).toBeUndefined();
});

test("a section's last array grows and shrinks with it", () => {
  const { u32, list, variable, typeOf } = fixture();
  const memory = sections([variable("count", u32, 0, 4), variable("list", list, 16, 16)], typeOf);
  const variables = variablesOver(memory.variables, memory, typeOf, "bigint");
  variables.list = [1n, 2n];
  memory.resize(SECTION, 40);
  expect(variables.list).toEqual([1n, 2n, 0n]);
  variables.list = [1n, 2n, 3n];
  expect(memory.changed(SECTION)?.length).toBe(40);
  expect(memory.current().map(({ size }) => size)).toEqual([4, 24]);
  memory.resize(SECTION, 24);
  expect(variables.list).toEqual([1n]);
  memory.resize(SECTION, 32);
  expect(variables.list).toEqual([1n, 0n]);
  for (const size of [16, 20, 23, 41]) expect(() => memory.resize(SECTION, size)).toThrow(`valueSize can't be ${size}`);
});

test("a section whose last variable is not an array keeps its size", () => {
  const { u32, variable, typeOf } = fixture();
  const memory = sections([variable("count", u32, 28, 4)], typeOf);
  expect(() => memory.resize(SECTION, 64)).toThrow("can grow only if the last one is an array; that is count");
  memory.resize(SECTION + 1, 64); // no section
});

test("a lock in a variable is neither read nor written, nor overwritten once programs run", () => {
  const btf = new BtfBuilder();
  const u32 = btf.int("unsigned int", 4, "unsigned");
  const lock = btf.struct("struct", "bpf_spin_lock", 4, [{ name: "val", type: u32, offset: 0 }]);
  const guarded = btf.struct("struct", "guarded", 8, [
    { name: "lock", type: lock, offset: 0 },
    { name: "n", type: u32, offset: 32 },
  ]);
  const all = [{ name: "state", section: ".data", sectionId: SECTION, offset: 0, size: 8, typeId: guarded }];
  const typeOf = (id: number) => btf.type(id);
  const before = sections(all, typeOf);
  const variables = variablesOver(before.variables, before, typeOf, "bigint");
  variables.state = { n: 5 };
  expect(variables.state).toEqual({ n: 5 });
  const write = jest.fn();
  const after = variablesOver(
    all,
    { live: true, sizeOf: () => 8, read: () => new Uint8Array(8), write },
    typeOf,
    "bigint",
  );
  expect(after.state).toEqual({ n: 0 });
  expect(() => {
    after.state = { n: 5 };
  }).toThrow("variable state contains a kernel-managed field");
  expect(write).not.toHaveBeenCalled();
});
