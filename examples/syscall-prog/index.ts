/**
 * Replaces a list of ports in the kernel twice, each time with one call, in which a program creates and fills a new
 * map:
 *   node dist/examples/syscall-prog/index.js [--json] PORT...
 * Needs root and Linux 5.14.
 */
import { parseArgs } from "node:util";
import { command, UsageError } from "../command";
import { openPorts } from "./ports";

command("syscall-prog [--json] PORT...", async () => {
  const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
  const wanted = positionals.map((text) => {
    const port = Number(text);
    if (Number.isInteger(port) && port > 0 && port < 65536) return port;
    throw new UsageError(`expected a port, got "${text}"`);
  });
  await using ports = await openPorts();
  const show = () => {
    const list = Object.fromEntries(ports.list());
    process.stdout.write(`${values.json ? JSON.stringify(list) : `port: generation ${JSON.stringify(list)}`}\n`);
  };
  await ports.replace([22, 80]);
  show();
  await ports.replace(wanted);
  show();
});
