/** Decisions and the policy in force, as server-sent events. */
import type { ServerResponse } from "node:http";
import type { Decision, Feed } from "./decisions";
import type { InForce } from "./policy";

/** Bytes that may wait for one client; a slower client is disconnected. */
const MAX_WAITING = 256 * 1024;
/** Proxies close silent connections. */
const BEAT_MS = 15_000;

export class Streams {
  /** A connected client. */
  readonly #open = new Set<(text: string) => void>();
  /** Number of clients that were too slow. */
  dropped = 0;

  constructor(
    private readonly feed: Feed,
    private readonly inForce: () => InForce,
  ) {}

  get size(): number {
    return this.#open.size;
  }

  /** Sends the policy in force to all clients. */
  changed(): void {
    const event = this.#policyEvent();
    for (const send of this.#open) send(event);
  }

  /** @param since the id of the last decision that the client has */
  add(response: ServerResponse, since: number): void {
    const send = (text: string) => {
      if (response.destroyed) return;
      // Check before writing, so that a burst does not disconnect a client that keeps up.
      if (response.writableLength <= MAX_WAITING) {
        response.write(text);
        return;
      }
      this.dropped++;
      response.destroy();
    };
    const tell = (decisions: readonly Decision[]) => send(decisions.map(toEvent).join(""));
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    this.#open.add(send);
    const end = this.feed.listen(tell);
    const beat = setInterval(() => send(":\n\n"), BEAT_MS);
    response.on("close", () => {
      end();
      clearInterval(beat);
      this.#open.delete(send);
    });
    send(this.#policyEvent());
    tell(this.feed.since(since));
  }

  #policyEvent(): string {
    return `event: policy\ndata: ${JSON.stringify(this.inForce())}\n\n`;
  }
}

function toEvent(decision: Decision): string {
  return `id: ${decision.id}\ndata: ${JSON.stringify(decision)}\n\n`;
}
