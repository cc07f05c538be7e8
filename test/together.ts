/**
 * Combines the test files whose names match NODE_LIBBPF_TESTS: jest loads all modules again for each file, which takes
 * seconds under emulation.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { leaveNothing } from "./leaks";

const wanted = new RegExp(process.env.NODE_LIBBPF_TESTS ?? "");
const files = readdirSync(__dirname, { recursive: true, encoding: "utf8" }).sort();

for (const file of files.filter((file) => file.endsWith(".test.js") && wanted.test(file))) {
  describe(file, () => {
    leaveNothing(() => require(join(__dirname, file)));
  });
}
