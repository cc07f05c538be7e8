/**
 * node-libbpf vm, with the built package in the machines: it runs in /package, which contains dist/, profiles/,
 * package.json, build/Release/*.node and commander.
 *   npm run vm -- --kernel 6.12,5.10 -- node -p process.version
 */
import { Command } from "commander";
import { addVmOptions, vm } from "../lib/cli/vm-command";
import { GUEST, packageFiles } from "./package-files";

addVmOptions(new Command("vm"))
  .action((command, options) => vm(command, options, { put: packageFiles(), cwd: GUEST }))
  .parseAsync()
  .catch((error: Error) => {
    process.stderr.write(`vm: ${error.message}\n`);
    process.exitCode = 2;
  });
