/** features: what the running kernel offers, asked of the kernel itself. */

import type { AttachTypeName } from "../attach-types";
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import { kernelBtfs, vmlinuxBtf } from "../btf/kernel-btf";
import { AttachType, Flag, ProgramType } from "../constants";
import { BpfError, errnoName, isErrno } from "../errors";
import { HELPERS } from "../helpers";
import { type MapTypeName, mapTypeNumber, mapTypes } from "../map-types";
import { lookingAt, type TokenFault, type TokenPlace, tokenPlace, withTokenOf } from "../native/token";
import { checkArgument, checkOptions, filled, nameOf, required, type Schema } from "../options";
import { type ProgramTypeName, programTypeNames, programTypeNumber } from "../program-types";
import { factOf, given } from "./fact";
import { MAP_FLAGS, tryMap } from "./map-probe";
import { capabilityNames, missingCapabilities, readPermissionFacts } from "./permission";
import { tryProgram } from "./probe";
import { callAnswer, complaint, type Feature, isRefusal, no, typeAnswer, unsure, yes } from "./probe-answers";
import { type Subject, subjectsByKind } from "./probe-subjects";
import { whyRefused } from "./refusal";

/** A map flag's name: BPF_F_* in lower case, without "bpf_f_". */
export type MapFlagName = Lowercase<keyof typeof MAP_FLAGS>;

/**
 * What the running kernel offers. Each function asks the kernel, by loading a minimal program or creating a small map,
 * and closes it at once; nothing is attached. Answers are kept for the life of the process, unless they are "unknown".
 */
export interface Features {
  /**
   * Whether the kernel has a program type. libbpf_probe_bpf_prog_type() answers the same question, without a reason.
   *
   * @throws {@link ArgumentError} for a name that is no program type
   */
  program(type: ProgramTypeName): Feature;
  /**
   * Whether the kernel has a map type. libbpf_probe_bpf_map_type() answers the same question, without a reason.
   *
   * @throws {@link ArgumentError} for a name that is no map type
   */
  map(type: MapTypeName): Feature;
  /**
   * Whether programs of a type can call a helper: whether at least one kind of them can, sleepable or not. Also for
   * types that libbpf_probe_bpf_helper() can't tell about: lsm, tracing, struct_ops.
   *
   * @param name such as "bpf_d_path"
   * @throws {@link ArgumentError} for a name that is no helper or no program type
   */
  helper(name: string, type: ProgramTypeName): Feature;
  /**
   * Whether programs can call a kernel function: programs of a type, or of at least one. Since Linux 5.13. For
   * functions of modules the answer is "unknown".
   *
   * @throws {@link ArgumentError} for an invalid name
   */
  kfunc(name: string, type?: ProgramTypeName): Feature;
  /**
   * Whether the kernel has an attach type: whether its BTF lists it, and a program of that type loads.
   *
   * @throws {@link ArgumentError} for a name that is no attach type
   */
  attachType(name: AttachTypeName): Feature;
  /**
   * Whether the kernel accepts a flag for a map type that can have it.
   *
   * @throws {@link ArgumentError} for a name that is no map flag
   */
  mapFlag(name: MapFlagName): Feature;
  /**
   * The same questions, asked with another BPF token where the kernel refuses them without one: for a process in a user
   * namespace. Default: the token of the path in the variable LIBBPF_BPF_TOKEN_PATH of the environment, or of
   * /sys/fs/bpf. Since Linux 6.9. libbpf: bpf_token_create().
   *
   * @throws {@link ArgumentError} for an invalid option
   * @throws {@link BpfError} ERR_BPF_NOT_SUPPORTED if there is no token at the path
   */
  with(options: FeatureOptions): Features;
}

/** How the kernel is asked: {@link Features.with}. */
export interface FeatureOptions {
  /** Where the BPF token comes from: the path of a bpffs that was mounted with `delegate_*` options; false: none. */
  token: string | false;
}

export const ATTACH_TYPES = Object.keys(AttachType).map((name) => name.toLowerCase() as AttachTypeName);
export const MAP_FLAG_NAMES = Object.keys(MAP_FLAGS).map((name) => name.toLowerCase() as MapFlagName);

const PROGRAM_TYPE = nameOf('a program type such as "lsm"', programTypeNames);
const MAP_TYPE = nameOf('a map type such as "hash"', Object.keys(mapTypes) as MapTypeName[]);
const HELPER = nameOf('a helper such as "bpf_d_path"', HELPERS.slice(1));
const ATTACH_TYPE = nameOf('an attach type such as "lsm_mac"', ATTACH_TYPES);
const MAP_FLAG = nameOf('a map flag such as "mmapable"', MAP_FLAG_NAMES);

const answers = new Map<string, Feature>();

function remembered(key: string, ask: () => Feature): Feature {
  const before = answers.get(key);
  if (before !== undefined) return before;
  const answer = ask();
  if (answer.supported !== "unknown") answers.set(key, answer);
  return answer;
}

const OPTIONS: Schema<FeatureOptions> = { token: required(tokenPlace) };

/** Every question, asked with the token of a place. */
function askingWith(token: TokenPlace): Features {
  type Question = (...args: unknown[]) => unknown;
  const asked = Object.entries(features as unknown as Record<string, Question>).map(
    ([name, ask]): [string, Question] => [name, (...args) => lookingAt(token, () => ask(...args))],
  );
  return Object.fromEntries(asked) as unknown as Features;
}

function noToken({ code = "ERR_BPF_NOT_SUPPORTED", what, hint }: TokenFault, errno: string): BpfError {
  return new BpfError(code, `features.with: ${what}`, { operation: "features", errno, hint });
}

function callee(name: keyof Features) {
  return { name, of: "features", details: { operation: "features" } } as const;
}

/** What the running kernel offers: program types, map types, helpers, kfuncs, attach types, map flags. */
export const features: Features = {
  program(type) {
    checkArgument(callee("program"), "type", type, PROGRAM_TYPE);
    return remembered(`program ${type}`, () => askProgram(type));
  },
  map(type) {
    checkArgument(callee("map"), "type", type, MAP_TYPE);
    return remembered(`map ${type}`, () => askMap(type));
  },
  helper(name, type) {
    checkArgument(callee("helper"), "name", name, HELPER);
    checkArgument(callee("helper"), "type", type, PROGRAM_TYPE);
    return remembered(`helper ${name} ${type}`, () => askCall({ helper: HELPERS.indexOf(name) }, name, type));
  },
  kfunc(name, type) {
    checkArgument(callee("kfunc"), "name", name, filled);
    if (type !== undefined) checkArgument(callee("kfunc"), "type", type, PROGRAM_TYPE);
    return remembered(`kfunc ${name} ${type}`, () => askKfunc(name, type));
  },
  attachType(name) {
    checkArgument(callee("attachType"), "name", name, ATTACH_TYPE);
    return remembered(`attach ${name}`, () => askAttachType(name));
  },
  mapFlag(name) {
    checkArgument(callee("mapFlag"), "name", name, MAP_FLAG);
    return remembered(`flag ${name}`, () => askMapFlag(name));
  },
  with(options) {
    const { token } = checkOptions(callee("with"), options, OPTIONS);
    if (token !== false) withTokenOf(token, () => {}, noToken);
    return askingWith(token);
  },
};

let known: { readonly btf: Btf | undefined; readonly subjects: ReadonlyMap<string, readonly Subject[]> } | undefined;

function kernel() {
  if (known !== undefined) return known;
  const btf = given(factOf("BTF", vmlinuxBtf));
  known = { btf, subjects: subjectsByKind(btf) };
  return known;
}

/** Programs of a type, or of all. */
function subjectsOf(type?: number): Subject[] {
  const all = [...kernel().subjects.values()].flat();
  if (type === undefined) return all;
  // Without a program that it replaces. The verifier looks for that first, and says so.
  if (type === ProgramType.EXT) return kernel().btf === undefined ? [] : [{ type, attachType: 0, btfId: 1, flags: 0 }];
  return all.filter((subject) => subject.type === type);
}

/** The answer to a status that does not tell. */
function notTold(status: number, type: number): Feature {
  const errno = errnoName(status);
  if (errno !== "EPERM" && errno !== "EACCES") return unsure(`the kernel answers with ${errno}`);
  const trampoline = type === ProgramType.TRACING || type === ProgramType.LSM || type === ProgramType.EXT;
  return unsure(`${whyRefused({ operation: "load", types: [type], trampoline }).cause} (${errno})`);
}

function askProgram(name: ProgramTypeName): Feature {
  const type = programTypeNumber(name);
  const subjects = subjectsOf(type);
  if (subjects.length === 0) return withoutSubjects(name);
  const all = subjects.map((subject) => tryProgram(subject));
  if (all.some(({ status }) => status === 0)) return yes(`a program of type ${name} was loaded`);
  const judged = all.find((answer) => typeAnswer(answer) === true);
  if (judged !== undefined) return yes(`the verifier judged a program of type ${name}: ${complaint(judged.log)}`);
  const open = all.find((answer) => typeAnswer(answer) === undefined);
  if (open !== undefined) return notTold(open.status, type);
  return no(`the kernel knows no ${name} programs, or was built without them (${errnoName(all[0]?.status ?? 0)})`);
}

function withoutSubjects(name: string): Feature {
  if (kernel().btf === undefined) return unsure(`${name} programs need the kernel's BTF, which can't be read`);
  return listed("bpf_prog_type", `BPF_PROG_TYPE_${name.toUpperCase()}`) === false
    ? no(`enum bpf_prog_type of this kernel's BTF has no ${name.toUpperCase()}`)
    : unsure(`this kernel's BTF has none of the targets on which ${name} programs are tried`);
}

function askMap(type: MapTypeName): Feature {
  const status = tryMap(type);
  if (status === undefined) return unsure("the kernel's BTF has no struct that such maps hold, or can't be read");
  if (status === 0) return yes(`a map of type ${type} was created`);
  if (isRefusal(status)) {
    return no(`the kernel knows no ${type} maps, or was built or booted without them (${errnoName(status)})`);
  }
  return mapNotTold(status, type);
}

function mapNotTold(status: number, type: MapTypeName): Feature {
  const errno = errnoName(status);
  if (errno !== "EPERM") return unsure(`the kernel answers with ${errno}`);
  return unsure(`${whyRefused({ operation: "map.create", type: mapTypeNumber(type) }).cause} (${errno})`);
}

function askMapFlag(name: MapFlagName): Feature {
  const key = name.toUpperCase() as keyof typeof MAP_FLAGS;
  const type = MAP_FLAGS[key];
  const plain = features.map(type);
  if (plain.supported !== "yes") return { ...plain, reason: `for ${type} maps: ${plain.reason}` };
  const status = tryMap(type, Flag[key]);
  if (status === 0) return yes(`a map of type ${type} with BPF_F_${key} was created`);
  if (status !== undefined && isRefusal(status)) {
    return no(
      `the kernel creates a map of type ${type} without BPF_F_${key}, and refuses one with it (${errnoName(status)})`,
    );
  }
  return mapNotTold(status ?? 0, type);
}

/** Asks each kind of program of a type about a call, until one may make it. */
function askCall(call: { helper: number } | { kfunc: number }, name: string, typeName?: ProgramTypeName): Feature {
  const type = typeName === undefined ? undefined : programTypeNumber(typeName);
  const who = typeName === undefined ? "programs" : `${typeName} programs`;
  const subjects = subjectsOf(type);
  let refused: string | undefined;
  let open: Feature | undefined;
  for (const subject of subjects) {
    const { status, log } = tryProgram({ ...subject, ...call });
    const answer = callAnswer(status, log);
    if (answer === true) return yes(`${kindOf(subject)} can call ${name}`);
    if (answer === false) refused ??= complaint(log);
    else if (log === "" && !isRefusal(status)) open ??= notTold(status, subject.type);
    else if (log.includes("uses reserved fields")) refused ??= "programs can't call kernel functions before Linux 5.13";
  }
  // Programs that could not be asked may have it.
  if (open !== undefined) return open;
  if (refused === undefined) {
    const has = typeName === undefined ? undefined : features.program(typeName);
    return has !== undefined && has.supported !== "yes" ? has : unsure(`the verifier did not judge a call by ${who}`);
  }
  // bpf_base_func_proto() in kernel/bpf/helpers.c hides helpers from those who lack a capability.
  const missing = missingCapabilities(capabilityNames(readPermissionFacts().capabilities));
  return missing.length > 0
    ? unsure(`this process lacks ${missing.join(" and ")}, without which the kernel hides helpers: ${refused}`)
    : no(`${who} can't call ${name}: ${refused}`);
}

/** "a sleepable program of type lsm": for a reason. */
function kindOf({ type, attachType, flags }: Subject): string {
  const name = programTypeNames.find((each) => programTypeNumber(each) === type);
  const attach = ATTACH_TYPES.find((each) => AttachType[each.toUpperCase() as keyof typeof AttachType] === attachType);
  const how = attachType === 0 || type === ProgramType.STRUCT_OPS ? "" : ` (${attach})`;
  return `a${(flags & Flag.SLEEPABLE) === 0 ? "" : " sleepable"} program of type ${name}${how}`;
}

/** The id of a function in the kernel's BTF; "module" if a module has it. Looked up once for all types of programs. */
const functions = new Map<string, number | "module" | undefined>();

function functionOf(name: string, btf: Btf): number | "module" | undefined {
  if (!functions.has(name)) {
    const inModule = () => [...kernelBtfs()].some((module) => module.find(BtfKind.FUNC, name) !== undefined);
    functions.set(name, btf.find(BtfKind.FUNC, name) ?? (inModule() ? "module" : undefined));
  }
  return functions.get(name);
}

function askKfunc(name: string, type?: ProgramTypeName): Feature {
  const { btf } = kernel();
  if (btf === undefined) return unsure("the kernel's BTF can't be read");
  const id = functionOf(name, btf);
  if (typeof id === "number") return askCall({ kfunc: id }, name, type);
  return id === "module"
    ? unsure(`a module has the function ${name}; calls of modules' functions are not tried`)
    : no(`neither this kernel's BTF nor that of its modules has a function ${name}`);
}

/** Whether an enum of the kernel's BTF has a name; undefined if there is no such enum. */
function listed(enumeration: string, name: string): boolean | undefined {
  const { btf } = kernel();
  const id = btf?.find(BtfKind.ENUM, enumeration);
  return id === undefined ? undefined : btf?.members(id).some((member) => member.name === name);
}

/**
 * Attach types that the kernel looks at only when it attaches. If it was built without them, it refuses a link with
 * this errno before it looks for the target.
 */
const AT_LINK: Readonly<Record<string, "EOPNOTSUPP" | "EINVAL">> = {
  trace_kprobe_multi: "EOPNOTSUPP", // CONFIG_FPROBE
  trace_kprobe_session: "EOPNOTSUPP",
  trace_uprobe_multi: "EOPNOTSUPP", // CONFIG_UPROBES
  trace_uprobe_session: "EOPNOTSUPP",
  tcx_ingress: "EINVAL", // CONFIG_NET_XGRESS
  tcx_egress: "EINVAL",
  netkit_primary: "EINVAL", // CONFIG_NETKIT
  netkit_peer: "EINVAL",
};

function askAttachType(name: AttachTypeName): Feature {
  const key = name.toUpperCase() as keyof typeof AttachType;
  const present = listed("bpf_attach_type", `BPF_${key}`);
  if (present === undefined) return unsure("the kernel's BTF, which lists the attach types, can't be read");
  if (!present) return no(`enum bpf_attach_type of this kernel's BTF has no BPF_${key}`);
  const subjects = withAttachType(key);
  if (subjects.length === 0) return yes(`enum bpf_attach_type of this kernel's BTF has BPF_${key}`);
  const atLink = AT_LINK[name];
  const all = subjects.map((subject) => tryProgram({ ...subject, link: atLink !== undefined }));
  const loaded = all.find(({ status }) => status === 0);
  if (loaded !== undefined && atLink !== undefined && isErrno(loaded.linkStatus, atLink))
    return no(`a program loads with BPF_${key}, but this kernel was built without such links (${atLink})`);
  if (loaded !== undefined) return yes(`a program was loaded with BPF_${key}`);
  const judged = all.find((answer) => typeAnswer(answer) === true);
  if (judged !== undefined) return yes(`the verifier judged a program with BPF_${key}: ${complaint(judged.log)}`);
  const open = all.findIndex((answer) => typeAnswer(answer) === undefined);
  if (open >= 0) return notTold(all[open]?.status ?? 0, subjects[open]?.type ?? 0);
  return no(`the kernel lists BPF_${key}, and refuses programs with it (${errnoName(all[0]?.status ?? 0)})`);
}

/** The program type of attach types that no subject has, because the kernel gives their programs nothing of their own. */
const TYPE_OF: readonly (readonly [names: RegExp, type: number])[] = [
  [/^TRACE_[KU]PROBE_/, ProgramType.KPROBE],
  [/^(TCX|NETKIT)_/, ProgramType.SCHED_CLS],
  [/^XDP/, ProgramType.XDP],
  [/^SK_SKB_/, ProgramType.SK_SKB],
  [/^CGROUP_UNIX_/, ProgramType.CGROUP_SOCK_ADDR],
];

function withAttachType(name: keyof typeof AttachType): Subject[] {
  const attachType = AttachType[name];
  const type = TYPE_OF.find(([names]) => names.test(name))?.[1];
  if (type !== undefined) return [{ type, attachType, btfId: 0, flags: 0 }];
  // 0 is an attach type, and what programs have that need none. Those of struct_ops have a member's index.
  const isOther = (subject: Subject) =>
    subject.type === ProgramType.STRUCT_OPS || (attachType === 0 && subject.type !== ProgramType.CGROUP_SKB);
  return subjectsOf().filter((subject) => subject.attachType === attachType && !isOther(subject));
}
