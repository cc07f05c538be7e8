/** Maps that a program references (check_map_prog_compatibility() in kernel/bpf/verifier.c). */
import { isSince } from "../compare-versions";
import { Flag, ProgramType } from "../constants";
import { given } from "../kernel/fact";
import { OLDEST } from "../kinds";
import { currentMapTypeName, type MapTypeRow, mapTypeRow, mapTypes } from "../map-types";
import { programTypeRow } from "../program-types";
import type { Finding, MapFacts, ProgramFacts } from "../verdict";
import { allowed, refused, undecided } from "./finding";
import { input, type Kernel } from "./judged-kernel";

const SOURCE = "kernel/bpf/verifier.c: check_map_prog_compatibility()";

/** Elements allocated individually (02cc5aa29e8c). */
const NO_PREALLOC = { since: "6.1", commit: "02cc5aa29e8c" };

/** Flags added after 5.10: map_create() rejects unknown ones. */
export const FLAGS = [
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

/** Whether every kernel with sleepable programs can create a map. */
export function isEverywhere({ type, flags }: Pick<MapFacts, "type" | "flags">): boolean {
  const row = mapTypeRow(type);
  return row !== undefined && isOld(row) && row.needs !== "lsm" && FLAGS.every(({ flag }) => (flags & flag) === 0);
}

/** Whether every kernel with sleepable programs has a map type. */
function isOld({ since }: MapTypeRow): boolean {
  return isSince(OLDEST, since);
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

function notThere(map: MapFacts, kernel: Kernel): Finding | undefined {
  const row = mapTypeRow(map.type);
  // Types in every kernel with sleepable programs need no lookup in BTF.
  if (row !== undefined && isOld(row) && kernel.since(OLDEST)) return undefined;
  const { mapTypes: listing } = kernel.facts;
  const listed = kernel.lists("mapTypes", map.type) || kernel.lists("mapTypes", currentMapTypeName(map.type));
  const source = "include/uapi/linux/bpf.h: enum bpf_map_type";
  if (row === undefined) {
    if (listed) return undefined;
    return undecided(`whether this kernel has maps of ${map.type} (map ${map.name})`, "it is unknown here", {
      source,
      inputs: [input("map types", listing), kernel.versionInput],
    });
  }
  if ((listed ?? kernel.since(row.since)) !== false) return undefined;
  const { sleepable } = row.programs;
  return refused("MAP_TYPE_UNKNOWN", `map ${map.name}: ${kernel.label} does not support the map type ${map.type}`, {
    source,
    since: row.since,
    inputs: [input("map types", listing, "not listed"), kernel.versionInput],
    remedy: instead(row, kernel, `require Linux ${sleepable === "never" ? row.since : sleepable[0]}`),
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

/** @param require the alternative to another map type */
function instead({ programs }: MapTypeRow, kernel: Kernel, require: string): string {
  const other = programs.instead;
  if (other === undefined) return require;
  const sleepable = mapTypeRow(other)?.programs.sleepable ?? [OLDEST];
  const allowedHere = sleepable !== "never" && kernel.since(sleepable[0]) !== false;
  return `use ${allowedHere ? other : "array or hash"}, or ${require}`;
}

function sleepableFindings(map: MapFacts, kernel: Kernel): Finding[] {
  const type = currentMapTypeName(map.type);
  const row = mapTypeRow(type);
  const { sleepable } = row?.programs ?? {};
  const [since, commit] = sleepable === "never" ? [] : (sleepable ?? []);
  const inputs = [{ name: "map type", value: type, origin: `map ${map.name}` }, kernel.versionInput];
  const more = { source: { file: SOURCE, ...(commit !== undefined && { commit }) }, inputs, since };
  const what = `map ${map.name} (${type})`;
  const undecidedFor = (why: string) => [undecided(`whether sleepable programs may use ${what}`, why, more)];
  if (row === undefined) return undecidedFor("the type is unknown here");
  if (since === undefined) {
    // Newer kernels may differ; up to 7.3 none accepts it.
    if (kernel.version === undefined) return undecidedFor(kernel.versionDoubt);
    const require = "clear BPF_F_SLEEPABLE: no kernel up to 7.3 lets a sleepable program use one";
    const message = `${what}: sleepable programs cannot use ${type} maps`;
    return [refused("MAP_TYPE_NOT_SLEEPABLE", message, { ...more, remedy: instead(row, kernel, require) })];
  }
  const can = kernel.since(since);
  if (can === undefined) return undecidedFor(kernel.versionDoubt);
  if (!can) {
    const require = `require Linux ${since}: ${type} maps are allowed to sleepable programs since then`;
    const message = `${what}: sleepable programs cannot use ${type} maps on ${kernel.label}`;
    return [refused("MAP_TYPE_NOT_SLEEPABLE", message, { ...more, remedy: instead(row, kernel, require) })];
  }
  return [preallocated(map, type, kernel) ?? allowed("SLEEPABLE", `${what}: sleepable programs may use it`, more)];
}

function preallocated(map: MapFacts, type: string, kernel: Kernel, who = "sleepable"): Finding | undefined {
  const culprit = [map, map.inner].find(
    (one) => one && mapTypeRow(one.type)?.programs.preallocated && (one.flags & Flag.NO_PREALLOC) !== 0,
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

/** Structs for deferred execution that not every program can use. */
const DEFERRED = ["bpf_timer", "bpf_wq"];

/**
 * The kernel also looks for them in structs and arrays inside a value (64e8ee814819); before, such a field is plain
 * data.
 */
const NESTED = "6.11";

/**
 * Kernel-managed fields, the group that the rows of map types name (map_check_btf() in kernel/bpf/syscall.c), and the
 * release since which they are no plain data.
 */
const HELD: ReadonlyMap<string, readonly [group: Held, since: string]> = new Map([
  ["bpf_spin_lock", ["locks", "5.1"]],
  ["bpf_res_spin_lock", ["locks", "6.15"]],
  ["bpf_timer", ["deferred", "5.15"]],
  ["bpf_wq", ["deferred", "6.10"]],
  ["bpf_task_work", ["deferred", "6.18"]],
  ["bpf_list_head", ["graphs", "6.2"]],
  ["bpf_rb_root", ["graphs", "6.3"]],
]);
type Held = "locks" | "deferred" | "graphs";

/** Whether the values of a map type can contain a field. */
function canHold(type: string, field: string): boolean {
  const [group] = HELD.get(field) ?? [];
  return group === undefined || (mapTypeRow(type)?.programs.holds.includes(group) ?? false);
}

/** Whether the kernel looks for a field in a map's values. */
function looksFor({ fields, nested = [] }: MapFacts, field: string, kernel: Kernel): boolean | undefined {
  if (!fields.includes(field)) return false;
  const [, since] = HELD.get(field) ?? [];
  const known = since === undefined ? true : kernel.since(since);
  return known && nested.includes(field) ? kernel.since(NESTED) : known;
}

/**
 * Whether the kernel finds a field in a map's values. It does not create the map if its type can't have one of the fields:
 * libbpf then creates it without BTF (bpf_object__create_map()), so that all of the value is plain data.
 */
function holds(map: MapFacts, field: string, kernel: Kernel): boolean | undefined {
  const plain = map.fields.filter((one) => !canHold(map.type, one)).map((one) => looksFor(map, one, kernel));
  const found = looksFor(map, field, kernel);
  if (plain.includes(true) || found === false) return false;
  return plain.includes(undefined) ? undefined : found;
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
    // A kernel without the field lacks the call too.
    const [, since] = HELD.get(field) ?? [];
    if (since !== undefined && kernel.since(since) === false) return [];
    const found = all.map((map) => (map.pinned && !map.fields.includes(field) ? undefined : holds(map, field, kernel)));
    if (found.includes(true)) return [];
    const holders = Object.entries(mapTypes).flatMap(([type, { since }]) =>
      canHold(type, field) && kernel.since(since) !== false ? [type] : [],
    );
    const more = {
      source: "kernel/bpf/syscall.c: map_check_btf()",
      inputs: [{ name: "instructions", value: `call ${name}`, origin: "the object file" }, kernel.versionInput],
      remedy: `keep the ${field} in the values of a map of the type ${holders.join(", ")}, not in a struct within`,
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
    for (const field of DEFERRED.filter(has)) {
      if (kernel.since("7.3")) continue;
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
  if (mapTypeRow(map.type)?.needs !== "lsm" || !kernel.since("6.1")) return [];
  const active = given(kernel.facts.lsms);
  if (active === undefined || active.includes("bpf")) return [];
  return [
    refused("MAP_NEEDS_LSM", `map ${map.name} (${map.type}) needs bpf among the active LSMs`, {
      source: "kernel/bpf/bpf_inode_storage.c",
      inputs: [input("active LSMs", kernel.facts.lsms, active.join(","))],
      remedy: `boot with lsm=${[...active, "bpf"].join(",")}`,
    }),
  ];
}
