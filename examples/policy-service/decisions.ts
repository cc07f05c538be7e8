/** Decisions: as the kernel tells them, as everybody else reads them, and the last of them. */
import { isIP } from "node:net";
import type { decision } from "./policy.bpf";

/** What is written, streamed and sent. */
export interface Decision {
  /** Counts from 1 at the service's start. */
  id: number;
  time: string;
  hook: string;
  verdict: string;
  /** The rule's name, or "#" and its index; none: what no rule fits. */
  rule?: string;
  /** The path could not be told, and the rule hangs on it. */
  unresolved?: true;
  generation: number;
  pid: number;
  uid: number;
  cgroup: string;
  comm: string;
  path?: string;
  /** The path goes on. */
  truncated?: true;
  address?: string;
}

/** The name of a rule of a generation, where it is still known. */
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

/** WOULD_DENY is "would-deny". */
function word(name: string | number): string {
  return String(name).toLowerCase().replace("_", "-");
}

/** "127.0.0.1:80" or "[::1]:80" of a sockaddr; undefined of nothing. */
function addressOf(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const port = view.getUint16(2);
  const family = Math.max(bytes[0] ?? 0, bytes[1] ?? 0); // in the machine's byte order, and below 256
  if (family === 2) return `${bytes.subarray(4, 8).join(".")}:${port}`;
  if (family !== 10) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index).toString(16)).join(":");
  return `[${isIP(groups) ? new URL(`http://[${groups}]`).hostname.slice(1, -1) : groups}]:${port}`;
}

const KEPT = 500;

/** Hands decisions to all who listen, and keeps the last ones for who comes later. */
export class Feed {
  readonly #listeners = new Set<(decisions: readonly Decision[]) => void>();
  #last: Decision[] = [];

  publish(decisions: readonly Decision[]): void {
    this.#last = [...this.#last, ...decisions].slice(-KEPT);
    for (const listener of this.#listeners) listener(decisions);
  }

  /** The last decisions with higher ids than `id`. */
  since(id: number): Decision[] {
    return this.#last.filter((decision) => decision.id > id);
  }

  /** Gives a function that ends it. */
  listen(listener: (decisions: readonly Decision[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
