/** A machine with several CPUs, of which one runs what another patches. */
import { runInVm } from "../../lib/testing";
import { packageFiles } from "../../scripts/package-files";

// With a thread for each emulated CPU, 6.12 and 7.3 panicked here within seconds. It is QEMU's: one kernel is enough.
test("programs are attached while another CPU calls their function", async () => {
  const command = ["node", "dist/test/machines/attach-often.js"];
  const { exitCode } = await runInVm({ kernel: "7.3", command, cwd: "/package", put: packageFiles(), cpus: 2 });
  expect(exitCode).toBe(0);
}, 400_000);
