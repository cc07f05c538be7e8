/** fentry.s, fexit.s and fmod_ret.s: on system calls, and on other functions that may sleep. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { getPriority } from "node:os";
import { open as openInjection } from "../bpf/injection.bpf";
import { only } from "../bpf/objects";
import { open, type Tracing } from "../bpf/tracing.bpf";
import { errorInjectionList, kernelTest, sleepableSystemCalls, trampolines } from "./needs";

async function load(...programs: (keyof Tracing["programs"])[]) {
  const spec = only(open(), ...programs);
  spec.variables.watched = process.pid;
  return spec.load();
}

kernelTest("a plain fentry program runs", [trampolines], async () => {
  using object = await load("plain_entry");
  object.programs.plain_entry.attach();
  getPriority();
  expect(object.variables.entered).toBe(1n);
});

kernelTest("fentry.s runs on a system call", [sleepableSystemCalls], async () => {
  using object = await load("on_entry");
  expect(object.programs.on_entry.sleepable).toBe(true);
  object.programs.on_entry.attach();
  getPriority();
  expect(object.variables.entered).toBe(1n);
});

kernelTest("fexit.s sees a system call's result", [sleepableSystemCalls], async () => {
  using object = await load("on_exit");
  object.programs.on_exit.attach();
  getPriority();
  expect(object.variables.left).toBe(1n);
  expect(object.variables.last_result).toBeGreaterThanOrEqual(0);
});

kernelTest("fmod_ret.s replaces a system call's result", [sleepableSystemCalls], async () => {
  using object = await load("on_modify", "on_exit");
  object.programs.on_exit.attach();
  object.programs.on_modify.attach();
  expect(getPriority()).toBe(-77);
  expect(object.variables.modified).toBe(1n);
  expect(object.variables.last_result).toBe(-77);
});

describe("functions of the error-injection list", () => {
  const DISK = "/tmp/btrfs";

  /** A btrfs image on a loop device: the harness has copied it into the machine, compressed. */
  function attachDisk(): void {
    if (existsSync(`${DISK}.img`)) return;
    sh(`gunzip -c "$NODE_LIBBPF_BTRFS_IMAGE" > ${DISK}.img && losetup /dev/loop0 ${DISK}.img`);
    mkdirSync(DISK);
  }

  function sh(command: string) {
    return spawnSync("/bin/sh", ["-c", command], { encoding: "utf8" });
  }

  kernelTest(
    "fentry.s, fexit.s and fmod_ret.s run on should_fail_bio and on btrfs's open_ctree",
    [errorInjectionList],
    async () => {
      attachDisk();
      const mount = () => sh(`mount -t btrfs /dev/loop0 ${DISK} && umount ${DISK}`);
      using object = await openInjection().load();
      for (const program of Object.values(object.programs)) {
        expect(program.sleepable).toBe(true);
        program.attach();
      }
      expect(mount()).toMatchObject({ stderr: "", status: 0 });
      expect(object.variables.bios).toBeGreaterThanOrEqual(3n);
      expect(object.variables).toMatchObject({ mounts: 1n, mounted: 1n });

      object.variables.mount_error = -5;
      const refused = mount();
      expect(refused.status).not.toBe(0);
      expect(refused.stderr).toMatch(/Input\/output error/);
    },
  );
});
