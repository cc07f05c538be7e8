// Written by node-libbpf gen from shapes.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type HashMap,
  type HashOfMaps,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type PerCpuHashMap,
  type RingBuffer,
} from "node-libbpf";

/** struct Uint8Array: 12 bytes */
export interface Uint8Array_ {
  /** struct number number */
  number: number_;
}

/** struct without a name: 4 bytes */
export interface anonymous_value {
  /** int nameless */
  nameless: number;
}

/** union choice: 8 bytes */
export interface choice {
  /** __u64 number */
  number?: bigint;
  /** char text[8] */
  text?: string;
  /** struct { … } bytes */
  bytes?: choice_bytes;
}

/** struct without a name: 8 bytes */
export interface choice_bytes {
  /** __u8 first */
  first: number;
  /** __u8 rest[7] */
  rest: Uint8Array;
}

/** struct everything: 544 bytes */
export interface everything {
  /** _Bool flag */
  flag: boolean;
  /** char letter */
  letter: number;
  /** signed char small */
  small: number;
  /** unsigned short port */
  port: number;
  /** long wide */
  wide: bigint;
  /** __int128 wider */
  wider: bigint;
  /** double real */
  real: number;
  /** void *pointer */
  pointer: bigint;
  /** int (*compare)(const void *, const void *) */
  compare: bigint;
  /** const char *const *names */
  names: bigint;
  /** unsigned int low : 3 */
  low: number;
  /** unsigned int high : 7 */
  high: number;
  /** __u64 wide_bits : 40 */
  wide_bits: bigint;
  /** enum { … } state */
  state: everything_state;
  /** struct { … } nested */
  nested: everything_nested;
  /** int hidden */
  hidden: number;
  /** struct shape shapes[2] */
  shapes: struct_shape[];
  /** shape areas[2][3] */
  areas: typedef_shape[][];
  /** char lines[4][80] */
  lines: string[];
  /** __u8 raw[2][16] */
  raw: Uint8Array[];
  /** union choice choice */
  choice: choice;
  /** struct Uint8Array bytes */
  bytes: Uint8Array_;
  /** struct number number */
  number: number_;
  /** struct bpf_spin_lock *lock */
  lock: bigint;
  /** char tail[] */
  tail: string;
}

/** struct without a name: 8 bytes */
export interface everything_nested {
  /** int depth */
  depth: number;
  /** int left */
  left?: number;
  /** int right */
  right?: number;
}

/** enum without a name: 4 bytes */
export const everything_state = {
  IDLE: 0,
  BUSY: 1,
} as const;
export type everything_state = keyof typeof everything_state | number;

/** struct key: 16 bytes */
export interface key {
  /** __s16 x */
  x: number;
  /** __s16 y */
  y: number;
  /** char name[12] */
  name: string;
}

/** struct number: 12 bytes */
export interface number_ {
  /** int class */
  class: number;
  /** int constructor */
  constructor: number;
  /** int this */
  this: number;
}

/** struct without a name: 8 bytes */
export interface pair {
  /** int a */
  a: number;
  /** int b */
  b: number;
}

/** enum shade: 4 bytes */
export const shade = {
  RED: 1,
  GREEN: 2,
  BLUE: 2147483648,
} as const;
export type shade = keyof typeof shade | number;

/** struct shape: 4 bytes */
export interface struct_shape {
  /** int corners */
  corners: number;
}

/** typedef shape: 8 bytes */
export interface typedef_shape {
  /** __u64 area */
  area: bigint;
}

/** struct value: 8 bytes */
export interface value {
  /** enum shade color */
  color: shade;
  /** __u32 as_int */
  as_int?: number;
  /** __u8 as_bytes[4] */
  as_bytes?: Uint8Array;
}

/** What is in shapes.bpf.o. */
export interface Shapes {
  programs: {
    /** SEC("syscall") int run(struct everything *ctx) */
    run: "syscall";
  };
  contexts: {
    /** What run takes a pointer to */
    run: everything;
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_ARRAY, max_entries 2, key __u32, value struct { … } */
    anonymous: ArrayMap<anonymous_value>;
    /** BPF_MAP_TYPE_HASH_OF_MAPS, max_entries 4, key __u32 */
    by_cpu: HashOfMaps<number, PerCpuHashMap<key, bigint>>;
    /** BPF_MAP_TYPE_HASH, max_entries 16, key struct key, value struct value */
    points: HashMap<key, value>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4096, event union choice */
    records: RingBuffer<choice>;
    /** BPF_MAP_TYPE_HASH, max_entries 16 */
    sizes: HashMap<Uint8Array, Uint8Array>;
  };
  variables: {
    /** const volatile enum shade background, in .rodata */
    readonly background: shade;
    /** int *delete, in .bss */
    delete: bigint;
    /** struct { … } pair, in .bss */
    pair: pair;
    /** const struct everything *unused_everything, in .bss */
    unused_everything: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens shapes.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Shapes> {
  const source = join(__dirname, "shapes.bpf.o");
  return openObject<Shapes>(source, options);
}
