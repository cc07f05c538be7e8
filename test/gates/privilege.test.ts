/** The same calls without privilege: open works, load reports what is missing. */
import { spawnSync } from "node:child_process";
import { PROJECT_ROOT } from "../../scripts/places";
import { objectPath } from "../bpf/objects";

const NOBODY = 65534;

test.each([
  ["maps", "this process lacks CAP_BPF"],
  ["lsm", "this process lacks CAP_BPF and CAP_PERFMON"],
  ["variables", "this process lacks CAP_BPF and CAP_NET_ADMIN"],
])("an unprivileged process may open %s, and the load error names what it lacks", (object, message) => {
  const script = `
    const { open } = require(${JSON.stringify(PROJECT_ROOT)});
    process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});
    const fs = require("node:fs");
    const fds = () => fs.readdirSync("/proc/self/fd").length;
    const spec = open(${JSON.stringify(objectPath(object))});
    const before = fds();
    spec.load({ precheck: "off" }).then(() => "loaded", (error) => error).then((error) =>
      console.log(JSON.stringify({ name: error.name, code: error.code, message: error.message, leaked: fds() - before })));
  `;
  if (process.getuid?.() !== 0) throw new Error("run the gates as root: they drop their privilege themselves");
  const { stdout } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
  expect(JSON.parse(stdout)).toMatchObject({
    name: "PermissionError",
    code: "ERR_BPF_PERMISSION",
    message: expect.stringContaining(`${message} (EPERM)`),
    leaked: 0,
  });
});
