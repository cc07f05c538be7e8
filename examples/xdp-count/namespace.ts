/** A network namespace of its own. */
import { type SpawnSyncReturns, type StdioOptions, spawnSync } from "node:child_process";

/**
 * Runs a command in a new network namespace, which has only a loopback interface. Node.js can't change its own
 * namespace.
 */
export function runInOwnNamespace(command: readonly string[], stdio: StdioOptions): SpawnSyncReturns<string> {
  const script = 'ip link set lo up && exec "$@"';
  const result = spawnSync("unshare", ["-n", "sh", "-c", script, "sh", ...command], { stdio, encoding: "utf8" });
  if (result.error !== undefined) throw result.error;
  return result;
}
