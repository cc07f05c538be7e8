/**
 * Hosts where the addon can't be loaded: the errors of the library and of the command, and the parts that still work.
 */
import { join } from "node:path";
import { nodeOf, nodes } from "../../scripts/nodes";
import { Project } from "./project";

const project = new Project();
const place = project.install();
afterAll(() => project.remove());
const command = join(place, "dist/bundle/main.js");

beforeAll(() => {
  project.write(
    "use.cjs",
    `const { BpfError, libbpf } = require("node-libbpf");
    try { console.log(libbpf.version); } catch (error) { console.log(error instanceof BpfError, error.code, error.message); }`,
  );
  project.write(
    "host.cjs",
    `for (const [name, value] of Object.entries(JSON.parse(process.env.HOST))) Object.defineProperty(process, name, { value });`,
  );
});

const page = (text: string) =>
  expect.stringMatching(new RegExp(`^true ERR_BPF_NO_BINARY the addon can't.*${text}`, "s"));

test("Node 18: the help page, from the library and the command; the parts without an addon work", () => {
  const node = nodeOf(18);
  expect(project.node(["use.cjs"], { node })).toEqual({
    status: 0,
    stdout: page("Node 18\\.\\d+\\.\\d+ on linux.*Use Node 20.19 or newer"),
    stderr: "",
  });
  const doctor = project.node([command, "doctor"], { node });
  expect(doctor).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^node-libbpf: the addon.*\nWhat to do:\n/),
  });
  expect(project.node([command, "hooks", "--kernel", "6.12"], { node })).toMatchObject({ status: 0, stderr: "" });
});

test.each([
  [{ platform: "darwin", arch: "arm64" }, "on darwin-arm64\n.*Run it on Linux.*node-libbpf/sleepable"],
  [{ platform: "win32", arch: "x64" }, "on win32-x64\n.*Run it on Linux"],
  [{ arch: "arm" }, "prebuilds/linux-arm/.*: does not exist\n.*Binaries exist for x64 and arm64"],
  [
    { arch: "riscv64" },
    "prebuilds/linux-riscv64/.*: does not exist\n.*npm explore node-libbpf -- npm run build:native",
  ],
])("%j: the help page; the commands that need no addon", (host, text) => {
  const env = { HOST: JSON.stringify(host) };
  expect(project.node(["-r", "./host.cjs", "use.cjs"], { env })).toEqual({ status: 0, stdout: page(text), stderr: "" });
  const hooks = project.node(["-r", "./host.cjs", command, "hooks", "--kernel", "6.12"], { env });
  expect(hooks).toMatchObject({ status: 0, stderr: "" });
});

test("--no-addons", () => {
  const expected = { status: 0, stdout: page("loading addons is disabled.*without --no-addons"), stderr: "" };
  expect(project.node(["--no-addons", "use.cjs"])).toEqual(expected);
  expect(project.node(["use.cjs"], { env: { NODE_OPTIONS: "--no-addons" } })).toEqual(expected);
});

test.each([{ version: process.versions.node, path: process.execPath }, ...nodes()])(
  "the permission model of Node $version: the page without --allow-addons, no hindrance with it",
  ({ version, path: node }) => {
    const flag = Number.parseInt(version, 10) < 22 ? "--experimental-permission" : "--permission";
    const args = ["--no-warnings", flag, "--allow-fs-read=*"];
    const without = project.node([...args, "use.cjs"], { node });
    expect(without).toEqual({ status: 0, stdout: page("add --allow-addons"), stderr: "" });
    const allowed = project.node([...args, "--allow-addons", "use.cjs"], { node });
    expect(allowed).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\n$/), stderr: "" });
  },
);

test("NODE_LIBBPF_PREBUILD that names nothing", () => {
  expect(project.node(["use.cjs"], { env: { NODE_LIBBPF_PREBUILD: "/nowhere" } })).toEqual({
    status: 0,
    stdout: page("/nowhere/prebuilds/linux-.*: does not exist\n.*Correct or unset NODE_LIBBPF_PREBUILD"),
    stderr: "",
  });
});
