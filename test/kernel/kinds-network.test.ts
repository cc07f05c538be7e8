/** Kinds of network programs: each case runs in kinds-network.ts, in network namespaces of its own. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Row, report } from "./kinds";
import { CASES, netns, type Said } from "./kinds-network";
import { kernelTest, root } from "./needs";

const said = new Map<string, Said>();
const rows: Row[] = [];
let output = "";

beforeAll(() => {
  if (!root.present() || !netns.present()) return;
  const command = ["unshare", "-n", "-m", process.execPath, join(__dirname, "kinds-network.js")];
  const { stdout, stderr, status } = spawnSync("busybox", command, { encoding: "utf8" });
  output = `exit ${status}: ${stderr}`;
  for (const line of stdout.split("\n").filter(Boolean)) {
    const one = JSON.parse(line) as Said;
    said.set(one.name, one);
  }
}, 600_000);
afterAll(() => report("kinds-network", rows));

for (const { name, needs } of CASES)
  kernelTest(name, needs, async () => {
    const result = said.get(name);
    if (result === undefined) throw new Error(`the process said nothing of it: ${output}`);
    if (result.error !== undefined) throw new Error(result.error);
    if (result.row !== undefined) rows.push(result.row);
  });
