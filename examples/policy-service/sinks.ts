/**
 * Further destinations of decisions, for fleets. Off by default; the client library is loaded only if one is
 * configured.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import type { Decision } from "./decisions";

export interface Sink {
  send(decisions: readonly Decision[]): void;
  close(): Promise<void>;
  /** Number of decisions that could not be sent. */
  readonly dropped: number;
}

/**
 * Connects to NATS, and reconnects whenever the connection is lost. Decisions in between are dropped and not queued.
 */
export function natsSink(servers: string, subject: string, onError: (error: Error) => void): Sink {
  let connection: NatsConnection | undefined;
  let isUp = false;
  let dropped = 0;
  const run = async () => {
    const { connect } = await import("@nats-io/transport-node");
    connection = await connect({ servers, waitOnFirstConnect: true, maxReconnectAttempts: -1 });
    isUp = true;
    for await (const { type } of connection.status()) {
      if (type === "disconnect") isUp = false;
      if (type === "reconnect") isUp = true;
    }
  };
  run().catch(onError);
  return {
    send(decisions) {
      if (!isUp) dropped += decisions.length;
      else for (const decision of decisions) connection?.publish(subject, JSON.stringify(decision));
    },
    async close() {
      isUp = false;
      await connection?.close();
    },
    get dropped() {
      return dropped;
    },
  };
}
