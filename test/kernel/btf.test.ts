/** The running kernel's BTF. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { kernelBtf } from "node-libbpf";
import { toC } from "../../lib/btf/c";
import { VMLINUX } from "../../lib/btf/kernel-btf";
import { native } from "../../lib/native";
import { kernelTest, since } from "./needs";

kernelTest("the kernel's BTF is valid, and has its types", [], async () => {
  const btf = kernelBtf();
  expect(btf.fault()).toBeUndefined();
  const task = btf.typeNamed("struct task_struct");
  if (task.kind !== "struct") throw new Error(task.kind);
  expect(task.members.find(({ name }) => name === "comm")?.type).toMatchObject({
    kind: "array",
    length: 16,
    element: { kind: "int", isChar: true },
  });
  expect(kernelBtf()).toBe(btf);
  expect(() => btf.typeNamed("struct tsk_struct")).toThrow("Did you mean struct task_struct?");
  expect(() => kernelBtf("no_such_module")).toThrow(expect.objectContaining({ code: "ERR_BPF_OBJECT_NOT_FOUND" }));
});

kernelTest("it has the types that libbpf finds", [], async () => {
  const bytes = native.btfKernel();
  expect(typeof bytes === "number" ? bytes : Buffer.compare(bytes, kernelBtf().bytes)).toBe(0);
  expect(toC(kernelBtf()).length).toBeGreaterThan(1e6);
});

kernelTest("the BTF of its modules extends it", [since("5.11")], async () => {
  for (const module of readdirSync("/sys/kernel/btf").filter((name) => name !== "vmlinux")) {
    const btf = kernelBtf(module);
    expect([module, btf.fault(), btf.first]).toEqual([module, undefined, kernelBtf().end]);
    expect(toC(btf).length).toBeGreaterThan(0);
  }
});

kernelTest("the kernel's BTF by its id", [since("5.11")], async () => {
  expect(native.btfById(1)).toMatchObject({ name: "vmlinux", kernel: true });
  expect(native.btfById(0x7fffffff)).toBe(-2);
});

/** test/vmlinux generates a vmlinux.h from it. */
const report = process.env.NODE_LIBBPF_REPORT;
(report === undefined || !existsSync(VMLINUX) ? test.skip : test)("is taken home", () => {
  mkdirSync(report ?? "", { recursive: true });
  copyFileSync(VMLINUX, join(report ?? "", "vmlinux.btf"));
});
