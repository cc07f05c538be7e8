/**
 * The native handles shared by a loaded object, its programs, maps and links, and the order of closing them. A map
 * without an object has its own Lifetime.
 */
import { ClosedError, type Operation } from "../errors";
import { type Handle, native } from ".";
import { onCollected } from "./collected";
import type { LogCallback } from "./log";

/** Handles of an object, in the order of closing. */
const closers = {
  iterators: (run: Handle) => native.iterClose(run),
  rings: (ring: Handle) => native.ringClose(ring),
  perfBuffers: (perf: Handle) => native.perfClose(perf),
  userRings: (ring: Handle) => native.userRingClose(ring),
  maps: (map: Handle) => native.mapClose(map),
};

type Kind = keyof typeof closers;

interface Resources extends Record<Kind, Set<Handle>> {
  object: Handle;
}

/** Something that must be closed before its object. */
interface Closable {
  close(): void;
}

/** An invalid handle: there is no object. */
const NONE = -1;

export class Lifetime {
  readonly name: string;
  readonly onLog: LogCallback | undefined;
  /** In the order of attaching. */
  readonly links = new Set<Closable>();
  /** Callbacks that end waits for events and views of memory. */
  readonly waits = new Set<() => void>();
  readonly #resources: Resources;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #forget: () => void;
  #closed = false;

  constructor(object: Handle, name: string, onLog: LogCallback | undefined) {
    this.name = name;
    this.onLog = onLog;
    const resources: Resources = {
      object,
      iterators: new Set(),
      rings: new Set(),
      perfBuffers: new Set(),
      userRings: new Set(),
      maps: new Set(),
    };
    this.#resources = resources;
    // Every object that users can hold references this Lifetime, so it is collected when nothing of the object is in
    // use.
    this.#forget = onCollected(this, () => release(resources));
  }

  /** The lifetime of a map without an object. */
  static ofMap(map: Handle, name: string): Lifetime {
    const lifetime = new Lifetime(NONE, name, undefined);
    lifetime.own("maps", map);
    return lifetime;
  }

  /** Whether there is no object: closing the map then closes everything. */
  get isMap(): boolean {
    return this.#resources.object === NONE;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The object's handle. Throws after close(). */
  handle(what: string, operation: Operation): Handle {
    if (this.#closed) throw new ClosedError(what, operation);
    return this.#resources.object;
  }

  /** Registers a handle to be closed with the object. */
  own(kind: Kind, handle: Handle): Handle {
    this.#resources[kind].add(handle);
    return handle;
  }

  /** Removes a handle that has been closed separately. */
  disown(kind: Kind, handle: Handle): void {
    this.#resources[kind].delete(handle);
  }

  /** Delays disposal until pending work is done. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work);
    const done = () => this.#pending.delete(work);
    work.then(done, done);
    return work;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    // Newest first: at some hooks, detaching in the order of attaching waits for a grace period.
    for (const link of [...this.links].reverse()) link.close();
    for (const stop of this.waits) stop();
    // Unmap before closing, so that views become empty. If the object is garbage-collected, views keep the memory
    // instead.
    for (const map of this.#resources.maps) native.mapUnmap(map);
    release(this.#resources);
  }

  async closeAfterWork(): Promise<void> {
    await Promise.allSettled(this.#pending);
    this.close();
  }
}

function release(resources: Resources): void {
  for (const kind of Object.keys(closers) as Kind[]) {
    for (const handle of resources[kind]) closers[kind](handle);
  }
  native.objectClose(resources.object);
}
