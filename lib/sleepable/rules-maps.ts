/** Maps that a program references (check_map_prog_compatibility() in kernel/bpf/verifier.c). */
import { Flag, MapType, ProgramType } from "../constants";
import { given } from "../kernel/fact";
import { OLDEST } from "../kinds";
import { programTypeRow } from "../program-types";
import type { Finding, MapFacts, ProgramFacts } from "../verdict";
import { allowed, refused, undecided } from "./finding";
import { input, type Kernel } from "./judged-kernel";

const SOURCE = "kernel/bpf/verifier.c: check_map_prog_compatibility()";

/** The release since which sleepable programs can use a map type, and the commit. */
const TYPES: Readonly<Record<string, readonly [since: string, commit?: string]>> = {
  hash: ["5.10", "1e6c62a88215"],
  lru_hash: ["5.10", "1e6c62a88215"],
  array: ["5.10", "1e6c62a88215"],
  percpu_hash: ["5.12", "638e4b825d52"],
  percpu_array: ["5.12", "638e4b825d52"],
  lru_percpu_hash: ["5.12", "638e4b825d52"],
  array_of_maps: ["5.12", "638e4b825d52"],
  hash_of_maps: ["5.12", "638e4b825d52"],
  ringbuf: ["5.12", "ba90c2cc0231"],
  inode_storage: ["5.17", "0fe4b381a59e"],
  sk_storage: ["5.17", "0fe4b381a59e"],
  task_storage: ["5.17", "0fe4b381a59e"],
  user_ringbuf: ["6.1"],
  cgrp_storage: ["6.4"],
  queue: ["6.9", "55bad79e33ae"],
  stack: ["6.9", "55bad79e33ae"],
  arena: ["6.9"],
  insn_array: ["6.19"],
  prog_array: ["7.0", "0f0c332992b8"],
  lpm_trie: ["7.2", "a3d76e27bbbf"],
  rhash: ["7.2", "16b4d3e2fb24"],
};

const NEVER: ReadonlySet<string> = new Set(
  "perf_event_array stack_trace cgroup_array devmap devmap_hash cpumap xskmap sockmap sockhash reuseport_sockarray cgroup_storage cgroup_storage_deprecated percpu_cgroup_storage percpu_cgroup_storage_deprecated bloom_filter struct_ops".split(
    " ",
  ),
);

/** Map types that linux/bpf.h renamed. */
const RENAMED: Readonly<Record<string, string>> = {
  cgroup_storage_deprecated: "cgroup_storage",
  percpu_cgroup_storage_deprecated: "percpu_cgroup_storage",
};

/** Similar map types that can be used. */
const INSTEAD: Readonly<Record<string, string>> = {
  perf_event_array: "ringbuf",
  lpm_trie: "hash",
  queue: "ringbuf",
  stack: "array",
  stack_trace: "array (bpf_get_stack() into its value)",
  bloom_filter: "hash",
  percpu_array: "array",
  percpu_hash: "hash",
  lru_percpu_hash: "lru_hash",
  cgroup_storage: "cgrp_storage",
  percpu_cgroup_storage: "cgrp_storage",
  ringbuf: "array or hash",
  inode_storage: "hash",
  task_storage: "hash",
  sk_storage: "hash",
};

/** Elements allocated individually (02cc5aa29e8c). */
const NO_PREALLOC = { since: "6.1", commit: "02cc5aa29e8c" };
const PREALLOCATED: ReadonlySet<string> = new Set(["hash", "percpu_hash", "hash_of_maps"]);

/** Flags added after 5.10: map_create() rejects unknown ones. */
const FLAGS = [
  { flag: Flag.LINK, name: "BPF_F_LINK", since: "6.4", commit: "68b04864ca42", instead: 'SEC(".struct_ops")' },
  { flag: Flag.RB_OVERWRITE, name: "BPF_F_RB_OVERWRITE", since: "6.19", commit: "feeaf1346f80" },
] as const;

export function judgeMap(map: MapFacts, program: ProgramFacts, kernel: Kernel): Finding[] {
  const missing = notThere(map, kernel) ?? newerFlag(map, kernel);
  if (missing !== undefined) return [missing];
  const findings = [...fieldFindings(map, program, kernel), ...needsLsm(map, kernel)];
  if (program.sleepable) findings.unshift(...sleepableFindings(map, kernel));
  else if (program.type === ProgramType.PERF_EVENT) {
    // They may interrupt the allocator (274052a2b0ab).
    const found = preallocated(map, map.type, kernel, "perf_event");
    if (found !== undefined) findings.unshift(found);
  }
  return findings;
}

/** Maps that load() creates too: it fails if they fail. */
export function judgeOther(map: MapFacts, kernel: Kernel): Finding[] {
  const missing = notThere(map, kernel) ?? newerFlag(map, kernel);
  return missing === undefined ? needsLsm(map, kernel) : [missing];
}

/** Whether every kernel can create a map. */
export function isEverywhere({ type, flags }: Pick<MapFacts, "type" | "flags">): boolean {
  const number = (MapType as Readonly<Record<string, number>>)[type.toUpperCase()];
  return number !== undefined && number < LAST_OF_5_10 && FLAGS.every(({ flag }) => (flags & flag) === 0);
}

/**
 * Referenced maps that are not created: libbpf replaces the load of their address by a call that the kernel rejects.
 */
export function judgeMissing({ missing = [] }: ProgramFacts): Finding[] {
  return missing.map(({ name, conditional }) => {
    const more = {
      source: "libbpf: poison_map_ldimm64()",
      inputs: [{ name: "autocreate", value: "false", origin: `map ${name}` }],
      remedy: `set autocreate of map ${name}, or keep the program from using it by a constant that is set before load`,
    };
    if (conditional)
      return undecided(`whether the verifier sees the use of map ${name}`, "the map is not created", more);
    return refused("MAP_NOT_CREATED", `the program uses map ${name}, which is not created (autocreate is false)`, more);
  });
}

/** The last map type of 5.10, in the order of enum bpf_map_type. */
const LAST_OF_5_10 = MapType.INODE_STORAGE;

/** Map types added after 5.10, with the release. */
const CAME: Readonly<Record<string, string>> = {
  task_storage: "5.11",
  bloom_filter: "5.16",
  user_ringbuf: "6.1",
  cgrp_storage: "6.2",
  arena: "6.9",
  insn_array: "6.19",
  rhash: "7.2",
};

function notThere(map: MapFacts, kernel: Kernel): Finding | undefined {
  const number = (MapType as Readonly<Record<string, number>>)[map.type.toUpperCase()];
  // Types in every kernel with sleepable programs need no lookup in BTF.
  if (number !== undefined && number <= LAST_OF_5_10 && kernel.since(OLDEST)) return undefined;
  const { mapTypes } = kernel.facts;
  const came = CAME[map.type];
  const listed = kernel.lists("mapTypes", map.type) || kernel.lists("mapTypes", RENAMED[map.type] ?? "");
  const more = { source: "include/uapi/linux/bpf.h: enum bpf_map_type", since: came };
  // Names of types newer than these tables are unknown too.
  if (came === undefined && number === undefined) {
    if (listed) return undefined;
    const inputs = [input("map types", mapTypes), kernel.versionInput];
    return undecided(`whether this kernel has maps of ${map.type} (map ${map.name})`, "it is unknown here", {
      ...more,
      inputs,
    });
  }
  const there = listed ?? (came === undefined ? undefined : kernel.since(came));
  if (there !== false) return undefined;
  const require = came === undefined ? "use another type" : `require Linux ${TYPES[map.type]?.[0] ?? came}`;
  return refused("MAP_TYPE_UNKNOWN", `map ${map.name}: ${kernel.label} does not support the map type ${map.type}`, {
    ...more,
    inputs: [input("map types", mapTypes, "not listed"), kernel.versionInput],
    remedy: instead(map.type, kernel, require),
  });
}

function newerFlag(map: MapFacts, kernel: Kernel): Finding | undefined {
  const newer = FLAGS.find(({ flag, since }) => (map.flags & flag) !== 0 && kernel.since(since) !== true);
  if (newer === undefined) return undefined;
  const { name, since, commit } = newer;
  const more = {
    source: { file: "kernel/bpf/syscall.c: map_create()", commit },
    inputs: [{ name: "map flags", value: name, origin: `map ${map.name}` }, kernel.versionInput],
    since,
    remedy: `${"instead" in newer ? `use ${newer.instead}` : "clear it"}, or require Linux ${since}`,
  };
  if (kernel.since(since) === undefined)
    return undecided(`whether this kernel supports ${name} (map ${map.name})`, kernel.versionDoubt, more);
  return refused("MAP_FLAG_UNKNOWN", `map ${map.name}: ${kernel.label} does not support ${name}`, more);
}

function instead(type: string, kernel: Kernel, require: string): string {
  const other = INSTEAD[type];
  if (other === undefined) return require;
  const allowedHere = kernel.since(TYPES[other]?.[0] ?? OLDEST) !== false;
  return `use ${allowedHere ? other : "array or hash"}, or ${require.replace(/^use /, "")}`;
}

function sleepableFindings(map: MapFacts, kernel: Kernel): Finding[] {
  const type = RENAMED[map.type] ?? map.type;
  const [since, commit] = TYPES[type] ?? [];
  const inputs = [{ name: "map type", value: type, origin: `map ${map.name}` }, kernel.versionInput];
  const more = { source: { file: SOURCE, ...(commit !== undefined && { commit }) }, inputs, since };
  const what = `map ${map.name} (${type})`;
  if (NEVER.has(type)) {
    // Newer kernels may differ; up to 7.3 none accepts it.
    if (kernel.version === undefined)
      return [undecided(`whether sleepable programs may use ${what}`, kernel.versionDoubt, more)];
    return [
      refused("MAP_TYPE_NOT_SLEEPABLE", `${what}: sleepable programs cannot use ${type} maps`, {
        ...more,
        remedy: instead(type, kernel, "clear BPF_F_SLEEPABLE: no kernel up to 7.3 lets a sleepable program use one"),
      }),
    ];
  }
  const can = since === undefined ? undefined : kernel.since(since);
  if (can === undefined) {
    const why = since === undefined ? "the type is unknown here" : kernel.versionDoubt;
    return [undecided(`whether sleepable programs may use ${what}`, why, more)];
  }
  if (!can) {
    return [
      refused("MAP_TYPE_NOT_SLEEPABLE", `${what}: sleepable programs cannot use ${type} maps on ${kernel.label}`, {
        ...more,
        remedy: instead(
          type,
          kernel,
          `require Linux ${since}: ${type} maps are allowed to sleepable programs since then`,
        ),
      }),
    ];
  }
  return [preallocated(map, type, kernel) ?? allowed("SLEEPABLE", `${what}: sleepable programs may use it`, more)];
}

function preallocated(map: MapFacts, type: string, kernel: Kernel, who = "sleepable"): Finding | undefined {
  const culprit = [map, map.inner].find(
    (one) => one !== undefined && PREALLOCATED.has(one.type) && (one.flags & Flag.NO_PREALLOC) !== 0,
  );
  if (culprit === undefined || kernel.has(NO_PREALLOC)) return undefined;
  const more = {
    source: { file: SOURCE, commit: NO_PREALLOC.commit },
    inputs: [{ name: "map_flags", value: "BPF_F_NO_PREALLOC", origin: `map ${map.name}` }, kernel.versionInput],
    since: NO_PREALLOC.since,
  };
  // 5.18 to 6.0 were not measured.
  if (kernel.since("5.18"))
    return undecided(`whether map ${map.name} must be preallocated`, "not known between 5.18 and 6.0", more);
  const of = culprit === map ? `(${type})` : `(its inner ${culprit.type})`;
  return refused(
    "MAP_NOT_PREALLOCATED",
    `map ${map.name} ${of} must be preallocated for ${who} programs on ${kernel.label}`,
    {
      ...more,
      remedy: `clear BPF_F_NO_PREALLOC, or require Linux ${NO_PREALLOC.since}`,
    },
  );
}

/** Structs for deferred execution, with the release that introduced them. */
const DEFERRED: Readonly<Record<string, string>> = { bpf_timer: "5.15", bpf_wq: "6.10" };

/**
 * The kernel also looks for them in structs and arrays inside a value (64e8ee814819); before, such a field is plain
 * data.
 */
const NESTED = "6.11";

/**
 * Map types whose values may contain kernel-managed fields (map_check_btf() in kernel/bpf/syscall.c). Other types need
 * no BTF, and libbpf creates them without: their values are plain data.
 */
const LOCKABLE =
  "hash array cgroup_storage cgroup_storage_deprecated sk_storage inode_storage task_storage cgrp_storage".split(" ");
const PLAIN_ONES = "hash lru_hash array".split(" ");
const HOLDERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["bpf_spin_lock", LOCKABLE],
  ["bpf_res_spin_lock", LOCKABLE],
  ...["bpf_timer", "bpf_wq", "bpf_task_work", "bpf_list_head", "bpf_rb_root"].map(
    (field) => [field, PLAIN_ONES] as const,
  ),
]);

/** Whether the kernel finds a field in a map's values. */
function holds({ type, fields, nested = [] }: MapFacts, field: string, kernel: Kernel): boolean | undefined {
  if (!fields.includes(field) || HOLDERS.get(field)?.includes(type) === false) return false;
  return nested.includes(field) ? kernel.since(NESTED) : true;
}

/** The field that each call needs in a map value, and since when a lock may also be elsewhere. */
const NEEDS: readonly (readonly [call: RegExp, field: string, elsewhere?: string])[] = [
  [/^bpf_timer_(init|set_callback|start|cancel)$/, "bpf_timer"],
  [/^bpf_wq_(init|set_callback(_impl)?|start)$/, "bpf_wq"],
  [/^bpf_task_work_schedule_/, "bpf_task_work"],
  [/^bpf_spin_(un)?lock$/, "bpf_spin_lock", "6.2"],
];

/** Calls on a timer, lock or other field that no map of the program has. */
export function judgeNeeds({ maps, helpers, kfuncs }: ProgramFacts, kernel: Kernel): Finding[] {
  const all = maps.flatMap((map) => [map, ...(map.inner === undefined ? [] : [map.inner])]);
  return [...helpers, ...kfuncs].flatMap(({ name, conditional }) => {
    const [, field, elsewhere] = NEEDS.find(([call]) => call.test(name)) ?? [];
    if (field === undefined || (elsewhere !== undefined && kernel.since(elsewhere) !== false)) return [];
    const found = all.map((map) => (map.pinned && !map.fields.includes(field) ? undefined : holds(map, field, kernel)));
    if (found.includes(true)) return [];
    const more = {
      source: "kernel/bpf/syscall.c: map_check_btf()",
      inputs: [{ name: "instructions", value: `call ${name}`, origin: "the object file" }, kernel.versionInput],
      remedy: `keep the ${field} in the values of a map of the type ${HOLDERS.get(field)?.join(", ")}, not in a struct within`,
    };
    if (conditional || found.includes(undefined))
      return [undecided(`whether ${name} is given a ${field}`, "no map of the program certainly has one", more)];
    return [refused("MAP_FIELD_MISSING", `${name} needs a ${field}, but no map of the program can have one`, more)];
  });
}

/** Fields that not every program can use. Sleepable uprobes count as tracing programs here. */
function fieldFindings(map: MapFacts, program: ProgramFacts, kernel: Kernel): Finding[] {
  const known = map.fields.filter((field) => holds(map, field, kernel));
  const doubted = map.fields.filter((field) => holds(map, field, kernel) === undefined);
  const findings = knownFields({ ...map, fields: known }, program, kernel);
  if (doubted.length === 0 || knownFields({ ...map, fields: doubted }, program, kernel).length === 0) return findings;
  const question = `whether ${kernel.label} finds ${doubted.join(", ")} in the values of map ${map.name}`;
  const inputs = [{ name: "value", value: doubted.join(", "), origin: `map ${map.name}` }, kernel.versionInput];
  const source = "kernel/bpf/btf.c: btf_find_struct_field()";
  return [...findings, undecided(question, "it lies in a struct or an array", { source, inputs })];
}

function knownFields(map: MapFacts, program: ProgramFacts, kernel: Kernel): Finding[] {
  const inputs = [{ name: "value", value: map.fields.join(", "), origin: `map ${map.name}` }, kernel.versionInput];
  const more = { source: { file: SOURCE, commit: "5861d1e8dbc4" }, inputs };
  const has = (field: string) => map.fields.includes(field);
  const refusal = (field: string, who: string, remedy: string) =>
    refused(field.includes("lock") ? "MAP_SPIN_LOCK" : "MAP_TIMER", `map ${map.name}: ${who} cannot use ${field}`, {
      ...more,
      remedy,
    });
  const findings: Finding[] = [];
  if (program.type === ProgramType.SOCKET_FILTER && has("bpf_spin_lock") && kernel.version !== undefined) {
    findings.push(refusal("bpf_spin_lock", "socket filters", "use atomic operations"));
  }
  // 6.15 and 6.16 were not measured.
  if (program.type === ProgramType.SOCKET_FILTER && has("bpf_res_spin_lock") && kernel.since("6.15") !== false) {
    const question = `whether socket filters may use bpf_res_spin_lock (map ${map.name})`;
    if (kernel.since("6.17")) findings.push(refusal("bpf_res_spin_lock", "socket filters", "use atomic operations"));
    else findings.push(undecided(question, kernel.versionDoubt, more));
  }
  if (programTypeRow(program.type)?.runsAnywhere) {
    const who = `${program.kind} programs`;
    const remedy = (field: string) => `use a map without ${field} in its values, or an fentry or lsm program`;
    if (has("bpf_spin_lock") && kernel.version !== undefined)
      findings.push(refusal("bpf_spin_lock", who, remedy("bpf_spin_lock")));
    // Added in 6.15; 6.15 and 6.16 were not measured.
    if (has("bpf_res_spin_lock") && kernel.since("6.15") !== false && kernel.since("7.3") !== true) {
      const question = `whether ${who} may use bpf_res_spin_lock (map ${map.name})`;
      if (kernel.since("6.17")) findings.push(refusal("bpf_res_spin_lock", who, remedy("bpf_res_spin_lock")));
      else findings.push(undecided(question, kernel.versionDoubt, more));
    }
    for (const [field, since] of Object.entries(DEFERRED).filter(([field]) => has(field))) {
      // For an earlier kernel the struct is plain data.
      if (kernel.since("7.3") || kernel.since(since) === false) continue;
      // Measured on 6.12 and 6.18.
      if (kernel.since("6.19") === false) findings.push(refusal(field, who, remedy(field)));
      else {
        const question = `whether ${who} may use ${field} (map ${map.name})`;
        findings.push(undecided(question, "it changed between 6.18 and 7.3", more));
      }
    }
  } else if (program.sleepable && has("bpf_spin_lock") && kernel.since("6.6") !== true) {
    const refusing = kernel.since("5.15");
    if (refusing)
      findings.push(
        refusal(
          "bpf_spin_lock",
          `sleepable programs on ${kernel.label}`,
          "use atomic operations, or require Linux 6.6",
        ),
      );
    else if (refusing === undefined || kernel.since("5.11"))
      findings.push(
        undecided(`whether sleepable programs may use bpf_spin_lock (map ${map.name})`, kernel.versionDoubt, more),
      );
  }
  return findings;
}

/**
 * Inode storage belongs to the BPF LSM (inode_storage_map_alloc_check() in kernel/bpf/bpf_inode_storage.c and its LSM
 * blob).
 */
function needsLsm(map: MapFacts, kernel: Kernel): Finding[] {
  // 5.10 creates such a map anyway.
  if (map.type !== "inode_storage" || !kernel.since("6.1")) return [];
  const active = given(kernel.facts.lsms);
  if (active === undefined || active.includes("bpf")) return [];
  return [
    refused("MAP_NEEDS_LSM", `map ${map.name} (inode_storage) needs bpf among the active LSMs`, {
      source: "kernel/bpf/bpf_inode_storage.c",
      inputs: [input("active LSMs", kernel.facts.lsms, active.join(","))],
      remedy: `boot with lsm=${[...active, "bpf"].join(",")}`,
    }),
  ];
}
