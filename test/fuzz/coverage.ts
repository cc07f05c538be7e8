/** Which code of the library ran, from V8's own counters: nothing has to be instrumented. */
import { type Profiler, Session } from "node:inspector";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROJECT_ROOT } from "../../scripts/places";

const LIBRARY = pathToFileURL(join(PROJECT_ROOT, "dist/lib/")).href;

export class Coverage {
  readonly #session = new Session();
  /** For each function, which characters of its code have run. */
  readonly #ran = new Map<string, Uint8Array>();
  /** Number of characters of code that have run. */
  size = 0;

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.start();
  }

  /** Begins to count. V8 optimizes no code meanwhile. */
  start(): void {
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  stop(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
  }

  /** Whether code ran for the first time since the last call. Takes milliseconds. */
  grown({ keep = true } = {}): boolean {
    let grown = false;
    this.#session.post("Profiler.takePreciseCoverage", (_, found) => {
      for (const { url, scriptId, functions } of found?.result ?? []) {
        if (!url.startsWith(LIBRARY)) continue;
        for (const one of functions) grown = this.#add(scriptId, one, keep) || grown;
      }
    });
    return grown;
  }

  #add(script: string, { ranges }: Profiler.FunctionCoverage, keep: boolean): boolean {
    const [{ startOffset: start, endOffset: end } = { startOffset: 0, endOffset: 0 }] = ranges;
    const now = new Uint8Array(end - start);
    // Inner ranges follow those that they are in.
    for (const { startOffset, endOffset, count } of ranges)
      now.fill(count > 0 ? 1 : 0, startOffset - start, endOffset - start);
    const key = `${script} ${start} ${end}`;
    const known = this.#ran.get(key) ?? new Uint8Array(end - start);
    const more = now.reduce((sum, ran, at) => sum + (ran === 1 && known[at] === 0 ? 1 : 0), 0);
    if (!keep || more === 0) return more > 0;
    this.size += more;
    this.#ran.set(
      key,
      known.map((ran, at) => ran | (now[at] as number)),
    );
    return true;
  }
}
