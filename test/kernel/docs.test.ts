/** Every TypeScript snippet of README.md and docs/, run as an ES module in a process of its own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bpfLsm, kernelTest, type Need, since } from "./needs";

const directory = join(__dirname, "../snippets");
/** Where README's paths are relative to. */
const root = join(__dirname, "../../..");

function needsOf(file: string): Need[] {
  const line = readFileSync(join(directory, file), "utf8").split("\n", 1)[0] ?? "";
  const series = /since=(\S+)/.exec(line)?.[1];
  return [...(line.includes("needs=lsm") ? [bpfLsm] : []), ...(series === undefined ? [] : [since(series)])];
}

const files = readdirSync(directory).filter((name) => name.endsWith(".mjs"));

test("there are snippets", () => {
  expect(files.length).toBeGreaterThanOrEqual(9);
});

for (const file of files) {
  kernelTest(`${file} runs`, needsOf(file), async () => {
    const child = spawn(process.execPath, [join(directory, file)], { cwd: root });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    // Something for a snippet that watches execs.
    const execs = setInterval(() => spawnSync("true"), 200);
    const [status] = await once(child, "close");
    clearInterval(execs);
    expect({ status, output }).toEqual({ status: 0, output: expect.any(String) });
  });
}
