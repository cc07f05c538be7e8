// Written by node-libbpf gen from map-tour.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArenaMap,
  type ArrayMap,
  type BloomFilterMap,
  type BpfMap,
  type HashMap,
  type HashOfMaps,
  type LpmTrieMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerCpuArrayMap,
  type ProgArray,
  type QueueMap,
  type RingBuffer,
  type TaskStorageMap,
  type UserRingBuffer,
} from "node-libbpf";

/** struct message: 4 bytes */
export interface message {
  /** __u32 number */
  number: number;
}

/** What is in map-tour.bpf.o. */
export interface MapTour {
  programs: {
    /** SEC("xdp") int count_run(struct xdp_md *ctx) */
    count_run: "xdp";
    /** SEC("syscall") int drain(void *context) */
    drain: "syscall";
    /** SEC("xdp") int send_message(struct xdp_md *ctx) */
    send_message: "xdp";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096, event struct message */
    events: RingBuffer<message>;
    /** BPF_MAP_TYPE_QUEUE, max_entries 8, value __u32 */
    jobs: QueueMap<number>;
    /** BPF_MAP_TYPE_PROG_ARRAY, max_entries 1, key __u32, value __u32 */
    next: ProgArray;
    /** BPF_MAP_TYPE_TASK_STORAGE, max_entries 0, key __u32, value __u64 */
    of_task: TaskStorageMap<bigint>;
    /** BPF_MAP_TYPE_USER_RINGBUF, max_entries 4096, event struct message */
    requests: UserRingBuffer<message>;
    /** BPF_MAP_TYPE_LPM_TRIE, max_entries 64, key struct route, value __u32 */
    routes: LpmTrieMap<number>;
    /** BPF_MAP_TYPE_PERCPU_ARRAY, max_entries 1, key __u32, value __u64 */
    runs: PerCpuArrayMap<bigint>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 8, key __u32, value __u64 */
    samples: ArrayMap<bigint>;
    /** BPF_MAP_TYPE_BLOOM_FILTER, max_entries 100, value __u32 */
    seen: BloomFilterMap<number>;
    /** BPF_MAP_TYPE_HASH, max_entries 64, key char[16], value __u32 */
    services: HashMap<string, number>;
    /** BPF_MAP_TYPE_ARENA, max_entries 1 */
    shared: ArenaMap;
    /** BPF_MAP_TYPE_HASH_OF_MAPS, max_entries 4, key __u32 */
    tenants: HashOfMaps<number, ArrayMap<number>>;
  };
  variables: {
    /** const struct message *unused_message, in .bss */
    unused_message: bigint;
  };
}

/** Opens map-tour.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<MapTour> {
  const source = join(__dirname, "map-tour.bpf.o");
  return openObject<MapTour>(source, options);
}
