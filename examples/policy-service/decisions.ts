/** Decisions: decodes the kernel's records, distributes them, and keeps the latest. */
import { isIP } from "node:net";
import type { decision } from "./policy.bpf";

/** A decision as it is written, streamed and sent. */
export interface Decision {
  /** Counts from 1 at the service's start. */
  id: number;
  time: string;
  hook: string;
  verdict: string;
  /** The rule's name, or "#" and its index; absent if no rule matched. */
  rule?: string;
  /** The path could not be resolved, and the rule depends on it. */
  unresolved?: true;
  generation: number;
  pid: number;
  uid: number;
  cgroup: string;
  comm: string;
  path?: string;
  /** The path is truncated. */
  truncated?: true;
  address?: string;
}

/** The name of a rule of a generation, if it is still known. */
export type RuleName = (generation: bigint, index: number) => string | undefined;

/** @param epoch milliseconds from the Unix epoch to CLOCK_MONOTONIC's zero */
export function toDecision(event: decision, id: number, epoch: number, nameOf: RuleName): Decision {
  const { generation, rule, unresolved, pid, uid, cgroup, comm, path, path_size } = event;
  const address = addressOf(event.address);
  return {
    id,
    time: new Date(epoch + Number(event.time / 1000n) / 1000).toISOString(),
    hook: word(event.hook),
    verdict: word(event.verdict),
    ...(rule >= 0 && { rule: nameOf(generation, rule) ?? `#${rule}` }),
    ...(unresolved && { unresolved: true }),
    generation: Number(generation),
    ...{ pid, uid, cgroup: String(cgroup), comm },
    ...(path_size > 0 && { path }),
    ...(path_size > Buffer.byteLength(path) && { truncated: true }),
    ...(address && { address }),
  };
}

/** Converts WOULD_DENY to "would-deny". */
function word(name: string | number): string {
  return String(name).toLowerCase().replace("_", "-");
}

/** Returns "127.0.0.1:80" or "[::1]:80" for a sockaddr; undefined for an empty one. */
function addressOf(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const port = view.getUint16(2);
  const family = Math.max(bytes[0] ?? 0, bytes[1] ?? 0); // sa_family is in the machine's byte order, and below 256
  if (family === 2) return `${bytes.subarray(4, 8).join(".")}:${port}`;
  if (family !== 10) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index).toString(16)).join(":");
  return `[${isIP(groups) ? new URL(`http://[${groups}]`).hostname.slice(1, -1) : groups}]:${port}`;
}

const KEPT = 500;

/** Passes decisions to all listeners, and keeps the latest ones for later listeners. */
export class Feed {
  readonly #listeners = new Set<(decisions: readonly Decision[]) => void>();
  #last: Decision[] = [];

  publish(decisions: readonly Decision[]): void {
    this.#last = [...this.#last, ...decisions].slice(-KEPT);
    for (const listener of this.#listeners) listener(decisions);
  }

  /** The latest decisions with higher ids than `id`. */
  since(id: number): Decision[] {
    return this.#last.filter((decision) => decision.id > id);
  }

  /** Returns a function that removes the listener. */
  listen(listener: (decisions: readonly Decision[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
