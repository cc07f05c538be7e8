/**
 * Creates a map of each family, uses it, and prints the result:
 *   node dist/examples/map-tour/index.js [--json]
 * Needs root and Linux 5.8. The code to read is in tour.ts.
 */
import { inspect, parseArgs } from "node:util";
import { command } from "../command";
import { type Stop, tourMaps } from "./tour";

command("map-tour [--json]", async () => {
  const { values } = parseArgs({ options: { json: { type: "boolean" } } });
  for (const stop of await tourMaps()) process.stdout.write(`${values.json ? json(stop) : line(stop)}\n`);
});

function json(stop: Stop): string {
  return JSON.stringify(stop, (_, value) => (typeof value === "bigint" ? Number(value) : value));
}

function line({ name, type, result }: Stop): string {
  const text = result === undefined ? "not on this kernel" : inspect(result, { breakLength: Number.POSITIVE_INFINITY });
  return `${type.padEnd(14)} ${name.padEnd(10)} ${text}`;
}
