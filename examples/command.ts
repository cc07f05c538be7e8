/** Shared parts of the examples' command lines: exit statuses, error messages, the options of examples that watch. */
import { parseArgs } from "node:util";
import { BpfError } from "node-libbpf";

/** An invalid command line. */
export class UsageError extends Error {}

/**
 * Runs an example. Prints an error as one line and sets the exit status: 2 for an invalid command line, 1 for other
 * errors.
 */
export function command(usage: string, run: () => Promise<void>): void {
  // The reader, such as `| head`, has closed the pipe: exiting detaches everything.
  process.stdout.once("error", () => process.exit());
  run().catch((error: NodeJS.ErrnoException) => {
    const wrongUsage = error instanceof UsageError || error.code?.startsWith("ERR_PARSE_ARGS") === true;
    // A TypeError or similar is a bug in the example itself.
    const expected = wrongUsage || error instanceof BpfError || Object.getPrototypeOf(error) === Error.prototype;
    process.stderr.write(`${usage.split(" ")[0]}: ${expected ? error.message : error.stack}\n`);
    if (wrongUsage) process.stderr.write(`usage: ${usage}\n`);
    process.exitCode = wrongUsage ? 2 : 1;
  });
}

/** Aborted by Ctrl-C and SIGTERM. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
  return stop.signal;
}

/** A source of events. */
export interface Watch<T> extends AsyncDisposable {
  /** Batches as they arrive; ends when the watch is disposed. */
  readonly events: AsyncIterable<T[]>;
  /** Number of lost events, mostly because the earlier ones were not read in time. */
  readonly dropped: bigint;
}

export interface WatchOptions {
  json: boolean;
  /** Number of events to print. */
  count: number;
  /** In seconds. */
  duration: number | undefined;
  positionals: string[];
}

/** Parses --json, --count N, --duration SECONDS, and the remaining arguments. */
export function watchOptions(): WatchOptions {
  const { values, positionals } = parseArgs({
    options: { json: { type: "boolean" }, count: { type: "string" }, duration: { type: "string" } },
    allowPositionals: true,
  });
  const positive = (name: "count" | "duration") => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (Number(text) > 0) return Number(text);
    throw new UsageError(`--${name} takes a positive number, got "${text}"`);
  };
  const count = positive("count") ?? Number.POSITIVE_INFINITY;
  return { json: values.json ?? false, count, duration: positive("duration"), positionals };
}

/** Prints events, one per line, until the count or the duration is reached, or Ctrl-C. */
export async function printEvents<T>(
  watch: Watch<T>,
  { json, count, duration }: WatchOptions,
  line: (event: T) => string,
): Promise<void> {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    if (watch.dropped > 0n) process.stderr.write(`${watch.dropped} events were lost\n`);
    void watch[Symbol.asyncDispose]();
  };
  const timer = duration === undefined ? undefined : setTimeout(end, duration * 1000);
  stopSignal().addEventListener("abort", end);
  let left = count;
  for await (const batch of watch.events) {
    for (const event of batch) {
      if (left-- > 0) process.stdout.write(`${json ? JSON.stringify(event) : line(event)}\n`);
    }
    if (left <= 0) break;
  }
  end();
  clearTimeout(timer);
}
