/** The map with a ring buffer's counters, which RINGBUF_COUNTS() of include/node-libbpf/ringbuf.h declares. */
import { Flag } from "../constants";
import type { BpfMap } from "./map";

/** Given to a ring buffer's class. */
export interface Counted {
  /** The map of its counters; undefined if it has none. */
  readonly counts?: (() => BpfMap | undefined) | undefined;
}

/** RINGBUF_COUNTS_SLOTS, and the readers' element. */
const ELEMENTS = 65;
/** struct ringbuf_counts */
const SIZE = 64;

export function isRingCounts({ type, valueSize, maxEntries, flags }: BpfMap): boolean {
  return type === "array" && valueSize === SIZE && maxEntries === ELEMENTS && (flags & Flag.MMAPABLE) !== 0;
}

/** The counters of a ring among the maps of its object. */
export function countsOf(ring: string, maps: Readonly<Record<string, BpfMap>>): BpfMap | undefined {
  const map = maps[`${ring}_counts`];
  return map !== undefined && isRingCounts(map) ? map : undefined;
}
