/** A machine with several CPUs, of which one runs what another patches. */
import { runInVm } from "../../lib/testing";
import { packageFiles } from "../../scripts/package-files";

test.each(["6.12", "7.3"])(
  "%s: programs are attached while another CPU calls their function",
  async (kernel) => {
    const command = ["node", "dist/test/machines/attach-often.js"];
    const { exitCode } = await runInVm({ kernel, command, cwd: "/package", put: packageFiles(), cpus: 2 });
    expect(exitCode).toBe(0);
  },
  400_000,
);
