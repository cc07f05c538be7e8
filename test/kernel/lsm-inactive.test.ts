/** bpf is not an active LSM: an attach would succeed and the program never run. */
import { activeLsms } from "node-libbpf";
import { open } from "../bpf/lsm.bpf";
import { kernelTest, type Need, trampolines } from "./needs";

const inactive: Need = {
  what: "a kernel booted without bpf among its LSMs",
  present: () => activeLsms()?.includes("bpf") === false,
  expected: false,
};

kernelTest("attaching an LSM program is refused, unless allowInactive is set", [inactive, trampolines], async () => {
  const spec = open();
  spec.variables.watched = process.pid;
  await expect(spec.load()).rejects.toMatchObject({ code: "ERR_BPF_SLEEPABLE", reason: "LSM_INACTIVE" });
  using object = await spec.load({ allowUnsafe: true });
  const program = object.programs.on_exec;
  expect(() => program.attach()).toThrow(
    expect.objectContaining({
      name: "AttachError",
      code: "ERR_BPF_LSM_INACTIVE",
      program: "on_exec",
      target: "bprm_committed_creds",
      hint: expect.stringMatching(/Boot with lsm=.*,bpf/),
    }),
  );
  using link = program.attach({ allowInactive: true });
  expect(link.info().type).toBe("tracing");
});
