/** BPF tokens: of a path, or none. Tests run in the initial user namespace, where the kernel gives no token. */
import { open } from "../bpf/shared.bpf";
import { before, bpffs, bundled, kernelTest, since } from "./needs";

kernelTest("without a token, or with the one that libbpf looks for", [], async () => {
  for (const options of [{}, { token: false }] as const) {
    using object = await open(options).load();
    expect(object.closed).toBe(false);
  }
});

kernelTest("a bpffs of the initial user namespace has none", [since("6.9"), bpffs, bundled], async () => {
  await expect(open({ token: "/sys/fs/bpf" }).load()).rejects.toMatchObject({
    code: "ERR_BPF_LOAD",
    operation: "load",
    errno: "EOPNOTSUPP",
    message: expect.stringContaining(
      "shared could not be loaded: there is no BPF token at /sys/fs/bpf: it belongs to the initial",
    ),
    hint: expect.stringContaining("delegate_cmds"),
  });
});

kernelTest("nor has a directory that is no bpffs, or is not there", [since("6.9"), bundled], async () => {
  await expect(open({ token: "/proc" }).load()).rejects.toMatchObject({
    errno: "EINVAL",
    message: expect.stringContaining("/proc: it is not the root of a bpffs (EINVAL)"),
  });
  await expect(open({ token: "/no/such" }).load()).rejects.toMatchObject({ errno: "ENOENT" });
  expect(() => open({ token: true as never })).toThrow(/option token must be a path in bpffs, or false, got true/);
  expect(() => open({ token: "" })).toThrow(/option token must be/);
});

kernelTest("tokens need Linux 6.9", [before("6.9"), bundled], async () => {
  await expect(open({ token: "/sys/fs/bpf" }).load()).rejects.toMatchObject({
    code: "ERR_BPF_NOT_SUPPORTED",
    message: expect.stringContaining("tokens need Linux 6.9"),
  });
});
