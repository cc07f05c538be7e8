/** Runs node-libbpf vm as another project uses it. */
import { SERIES } from "../../scripts/kernels";
import { ForeignProject } from "./foreign";

let project: ForeignProject | undefined;
beforeAll(() => {
  project = new ForeignProject();
});
afterAll(() => project?.remove());

test("a project's tests pass on four kernels", () => {
  const { status, stdout, stderr } = (project as ForeignProject).cli(
    "vm",
    "--kernel",
    "5.10,6.1",
    "--kernel=6.12,7.3",
    "--jobs=2",
    "--",
    "npm",
    "test",
  );
  expect({ status, failure: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, failure: "" });
  for (const kernel of SERIES) {
    const own = stdout.split("\n").filter((line) => line.startsWith(`${kernel} | `));
    for (const line of ["# pass 2", "# fail 0", "# skipped 0"]) expect(own).toContain(`${kernel} | ${line}`);
    expect(stderr).toMatch(new RegExp(`^${kernel} +0 +\\d`, "m"));
  }
}, 600_000);

test("a failed test sets the command's exit status, and its output is passed through", () => {
  const { status, stdout, stderr } = (project as ForeignProject).cli(
    "vm",
    "--kernel=6.12",
    "--env=BANNED=1",
    "--json",
    "--",
    "npm",
    "test",
  );
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ runs: [{ kernel: "6.12", status: 1, error: null, missing: [] }] });
  expect(stderr).toContain("not ok");
  expect(stderr).toContain("'EPERM'");
}, 300_000);
