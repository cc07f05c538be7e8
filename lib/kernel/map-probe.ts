/** Creates the smallest map of a type, to see whether the kernel has the type or a flag. */
import { BtfKind } from "../btf/btf-kinds";
import { vmlinuxBtf } from "../btf/kernel-btf";
import type { Flag } from "../constants";
import { mapTypeNumber, mapTypeRow } from "../map-types";
import { type MapCreateRequest, native } from "../native";
import { orWithToken } from "../native/token";
import { btfFacts } from "./btf-facts";
import { given } from "./fact";

/** Sizes that the kernel accepts for a map of a type, and whether it wants BTF of keys and values. */
export function smallestMap(type: string) {
  const row = mapTypeRow(type);
  // A stack trace of one entry, which with BPF_F_STACK_BUILD_ID is a struct bpf_stack_build_id.
  const value = type === "stack_trace" ? 32 : 8;
  const { btf = false, keySize = 8, valueSize = btf ? 4 : value, maxEntries, flags = 0 } = row?.create ?? {};
  const entries = maxEntries ?? (row?.elements.maxEntries === "bytes" ? native.pageSize : 1);
  return { keySize, valueSize, maxEntries: entries, flags, byteTypes: btf };
}

/** Creates a map and closes it. Returns 0 or -errno; undefined if the kernel's BTF lacks the type of its values. */
export function tryMap(type: string, flags = 0): number | undefined {
  const request = {
    ...smallestMap(type),
    ...{ type: mapTypeNumber(type), name: "probe", innerFd: 0, mapExtra: 0n, numaNode: 0, ifindex: 0 },
    vmlinuxValueType: 0,
  };
  request.flags |= flags;
  if (type === "struct_ops") {
    const id = structOpsType();
    if (id === undefined) return undefined;
    request.vmlinuxValueType = id;
    request.valueSize = vmlinuxBtf().typeOrSize(id);
  }
  const hasInner = mapTypeRow(type)?.elements.values === "map";
  const make = (definition: Omit<MapCreateRequest, "token">) =>
    orWithToken(
      (token) => native.mapCreate({ ...definition, token }),
      (handle) => handle,
    );
  const inner = hasInner ? make({ ...request, ...smallestMap("array"), type: mapTypeNumber("array") }) : 0;
  if (inner < 0) return inner;
  try {
    const map = make({ ...request, innerFd: hasInner ? native.mapFd(inner) : 0 });
    if (map < 0) return map;
    native.mapClose(map);
    return 0;
  } finally {
    if (hasInner) native.mapClose(inner);
  }
}

/** The BTF id of the value of a struct_ops map that this kernel takes. */
function structOpsType(): number | undefined {
  const structs = given(btfFacts().structOps()) ?? {};
  const name = Object.keys(structs).find((struct) => (structs[struct]?.length ?? 0) > 0);
  return name === undefined ? undefined : vmlinuxBtf().find(BtfKind.STRUCT, `bpf_struct_ops_${name}`);
}

/** A map type that takes each flag. */
export const MAP_FLAGS = {
  NO_PREALLOC: "hash",
  NO_COMMON_LRU: "lru_hash",
  NUMA_NODE: "hash",
  RDONLY: "array",
  WRONLY: "array",
  STACK_BUILD_ID: "stack_trace",
  ZERO_SEED: "hash",
  RDONLY_PROG: "array",
  WRONLY_PROG: "array",
  CLONE: "sk_storage",
  MMAPABLE: "array",
  PRESERVE_ELEMS: "perf_event_array",
  INNER_MAP: "array",
  LINK: "struct_ops",
  SEGV_ON_FAULT: "arena",
  NO_USER_CONV: "arena",
  RB_OVERWRITE: "ringbuf",
} as const satisfies { readonly [Name in keyof typeof Flag]?: string };
