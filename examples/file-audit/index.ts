/**
 * Prints who opens files under a directory, and how:
 *   node dist/examples/file-audit/index.js [--json] [--count N] [--duration SECONDS] DIRECTORY
 * Needs root, Linux 5.12 and bpf as an active LSM.
 */
import { command, printEvents, UsageError, watchOptions } from "../command";
import { auditOpens, type FileOpen } from "./audit";

command("file-audit [--json] [--count N] [--duration SECONDS] DIRECTORY", async () => {
  const options = watchOptions();
  const [directory, ...more] = options.positionals;
  if (directory === undefined || more.length > 0) throw new UsageError("expected one DIRECTORY");
  await using audit = await auditOpens(directory);
  process.stderr.write(`watching ${directory}\n`);
  await printEvents(audit, options, line);
});

function line({ pid, uid, path, flags, args }: FileOpen): string {
  return `${String(pid).padStart(7)} uid ${uid} ${path} ${flags.join("|")}: ${args.join(" ")}`;
}
