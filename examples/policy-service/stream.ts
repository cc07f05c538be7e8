/** Decisions as server-sent events. */
import type { ServerResponse } from "node:http";
import type { Decision, Feed } from "./decisions";

/** Bytes that wait for one client; who is slower is let go. */
const MAX_WAITING = 256 * 1024;
/** Proxies close what is silent. */
const BEAT_MS = 15_000;

export class Streams {
  readonly #open = new Set<ServerResponse>();
  /** Clients that were too slow. */
  dropped = 0;

  constructor(private readonly feed: Feed) {}

  get size(): number {
    return this.#open.size;
  }

  /** @param since the id of the last decision that the client has */
  add(response: ServerResponse, since: number): void {
    const send = (text: string) => {
      if (response.destroyed) return;
      // Before it is written: a burst is not the fault of a client that keeps up.
      if (response.writableLength <= MAX_WAITING) {
        response.write(text);
        return;
      }
      this.dropped++;
      response.destroy();
    };
    const tell = (decisions: readonly Decision[]) => send(decisions.map(toEvent).join(""));
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    this.#open.add(response);
    const end = this.feed.listen(tell);
    const beat = setInterval(() => send(":\n\n"), BEAT_MS);
    response.on("close", () => {
      end();
      clearInterval(beat);
      this.#open.delete(response);
    });
    send(":\n\n");
    tell(this.feed.since(since));
  }
}

function toEvent(decision: Decision): string {
  return `id: ${decision.id}\ndata: ${JSON.stringify(decision)}\n\n`;
}
