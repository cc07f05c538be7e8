/** Decisions, and what is in force, as server-sent events. */
import type { ServerResponse } from "node:http";
import type { Decision, Feed } from "./decisions";

/** Bytes that wait for one client; who is slower is let go. */
const MAX_WAITING = 256 * 1024;
/** Proxies close what is silent. */
const BEAT_MS = 15_000;

/** What is in force, in short. */
export interface InForce {
  generation: number;
  mode: string;
  /** How many. */
  rules: number;
}

export class Streams {
  /** And what sends a client a text. */
  readonly #open = new Map<ServerResponse, (text: string) => void>();
  /** Clients that were too slow. */
  dropped = 0;

  constructor(
    private readonly feed: Feed,
    private readonly inForce: () => InForce,
  ) {}

  get size(): number {
    return this.#open.size;
  }

  /** Tells all of them what is in force now. */
  changed(): void {
    for (const send of this.#open.values()) send(this.#policyEvent());
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
    this.#open.set(response, send);
    const end = this.feed.listen(tell);
    const beat = setInterval(() => send(":\n\n"), BEAT_MS);
    response.on("close", () => {
      end();
      clearInterval(beat);
      this.#open.delete(response);
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
