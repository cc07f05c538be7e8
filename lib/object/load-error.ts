/** Builds one error for a failed load: which program or map failed, what the kernel reported, what to do. */
import { release } from "node:os";
import { isSince } from "../compare-versions";
import {
  type BpfError,
  type ErrorDetails,
  errnoName,
  isErrno,
  LoadError,
  MapError,
  MORE_FILES,
  ObjectError,
  VerifierError,
} from "../errors";
import { btfFacts } from "../kernel/btf-facts";
import { given } from "../kernel/fact";
import { capabilityNames, missingCapabilities, type Refused, readPermissionFacts } from "../kernel/permission";
import { permissionError } from "../kernel/refusal";
import { kindRow, usesTrampoline } from "../kinds";
import type { MapSpec } from "../map/map-spec";
import { mapTypeName, mapTypeNumber, mapTypeRowOf } from "../map-types";
import type { Outcome } from "../native";
import { causeOf } from "../native/libbpf-messages";
import { warnings } from "../native/log";
import { tokenFault } from "../native/token";
import type { GivenProgram } from "../program/program-spec";
import { explain, explained } from "../sleepable/explain";
import { lastLines, summarise } from "./verifier-log";

/**
 * Builds the error.
 *
 * @param programs in libbpf's order
 */
export function loadError(
  outcome: Outcome,
  name: string,
  programs: readonly GivenProgram[],
  maps: readonly MapSpec[] = [],
): BpfError {
  const types = programs.filter(({ autoload }) => autoload).map(({ type }) => type);
  const texts = warnings(outcome);
  const found = (pattern: RegExp) => texts.map((text) => pattern.exec(text)).find((match) => match !== null);
  const errno = errnoName(outcome.status);
  const operation = "load";

  const cause = causeOf(texts);
  if (outcome.stage === "open") return notOpened(outcome.status, name, cause);
  if (outcome.stage === "features") return notProbed(outcome.status, name);

  const failed = found(/^prog '(.+?)': BPF program load failed/)?.[1];
  const program = programs[outcome.program] ?? programs.find((candidate) => candidate.name === failed);
  const about: ErrorDetails = {
    operation,
    errno,
    ...(program !== undefined && { program: program.name, section: program.section }),
    ...(program?.attachTarget !== undefined && { target: program.attachTarget }),
  };

  const bpffs = found(/failed \(.+?\) to (?:open BPF FS mount at|create BPF token from) '(.+?)'/)?.[1];
  if (bpffs !== undefined) return noToken(name, bpffs, about);

  const old = oldLibbpf(outcome, name, program, about);
  if (old !== undefined) return old;

  if (cause?.code === "ERR_BPF_OBJECT_NO_BTF") {
    const what = `${name} could not be loaded: this kernel has no BTF: ${cause.words} (${errno})`;
    return new ObjectError(cause.code, what, { ...about, ...(cause.hint && { hint: cause.hint }) });
  }

  const missing = found(/^prog '(.+?)': failed to find kernel BTF type ID of '(.+?)'/);
  const isMissing = isErrno(outcome.status, "ESRCH") || isErrno(outcome.status, "ENOENT");
  if (isMissing && (missing !== undefined || outcome.stage === "target")) {
    const owner = program ?? programs.find((candidate) => candidate.name === missing?.[1]);
    return targetNotFound(owner, missing?.[2] ?? owner?.attachTarget ?? "?", about);
  }

  const map = found(/^map '(.+?)': failed to create/)?.[1];
  if (map !== undefined) {
    const spec = maps.find((candidate) => candidate.name === map);
    const type = mapTypeNumber(spec?.type ?? "hash");
    const isUnknown = isErrno(outcome.status, "E2BIG") || isErrno(outcome.status, "EINVAL");
    // bpf_attr has members that this kernel does not know.
    if (spec?.exclusiveProgram !== undefined && isUnknown && !isSince(release(), EXCLUSIVE)) {
      const what = `map ${map} could not be created: exclusive maps need Linux ${EXCLUSIVE}`;
      const hint = "Leave exclusiveProgram undefined";
      return new MapError("ERR_BPF_NOT_SUPPORTED", what, { ...about, map, hint });
    }
    return mapNotCreated(map, { operation: "map.create", type, types }, outcome.status, about, texts);
  }

  const isEperm = isErrno(outcome.status, "EPERM");
  if (program !== undefined && outcome.stage === "load") {
    const log = outcome.logs?.[programs.indexOf(program)] ?? outcome.log ?? new Uint8Array();
    if (!isEperm || summarise(lastLines(log)) !== undefined) {
      return refusedProgram(program, outcome.status, log, about);
    }
  }
  const what = program === undefined ? name : nameOf(program);
  // The kernel tells which BTF a program has only to those who may know: Linux 5.10 says that it has none.
  const isHidden =
    program?.ofProgram === true && texts.some((text) => text.includes("target program doesn't have BTF"));
  const refused = loadOf(program === undefined ? types : [program.type], program);
  if (isEperm || (isHidden && !ownCapabilities().includes("CAP_SYS_ADMIN")))
    return permissionError(`${what} could not be loaded`, refused, { ...about, errno });
  const said = `${what} could not be loaded${cause ? `: ${cause.words}` : ""} (${errno})`;
  const meaning = explained(explain({ errno, log: texts }), cause?.hint ?? hintOf(outcome.status));
  return new LoadError(cause?.code ?? "ERR_BPF_LOAD", said, { ...about, ...meaning });
}

/** A token that was asked for; libbpf goes on without one that it looked for itself. */
function noToken(name: string, bpffs: string, about: ErrorDetails): LoadError {
  const { code = "ERR_BPF_LOAD", what, hint } = tokenFault(bpffs, about.errno ?? "");
  return new LoadError(code, `${name} could not be loaded: ${what}`, { ...about, hint });
}

/** The release with exclusive maps (baefdbdf6812). */
const EXCLUSIVE = "6.18";

const ownCapabilities = () => capabilityNames(readPermissionFacts().capabilities);

function loadOf(types: number[], program: GivenProgram | undefined) {
  const trampoline = program !== undefined && usesTrampoline(program.kind);
  return { operation: "load", types, trampoline, ofProgram: program?.ofProgram ?? false } as const;
}

function notOpened(status: number, name: string, cause: ReturnType<typeof causeOf>): ObjectError {
  const errno = errnoName(status);
  const { words, code = "ERR_BPF_OBJECT_INVALID", hint } = cause ?? { hint: hintOf(status) };
  const what = `${name} can't be opened${words ? `: ${words}` : ""} (${errno})`;
  return new ObjectError(code, what, { operation: "open", errno, ...(hint !== undefined && { hint }) });
}

function notProbed(status: number, name: string): LoadError {
  const errno = errnoName(status);
  const hint =
    "Nothing was loaded, and the cause is temporary: load again when file descriptors and memory are available";
  const what = `${name} could not be loaded: libbpf could not probe this kernel's features (${errno})`;
  return new LoadError("ERR_BPF_LOAD", what, { operation: "load", errno, hint });
}

/** Settings that the linked libbpf is too old for. */
function oldLibbpf(
  { stage, status }: Outcome,
  name: string,
  program: GivenProgram | undefined,
  about: ErrorDetails,
): LoadError | undefined {
  if (stage === "target" && isErrno(status, "EOPNOTSUPP")) {
    const what = `program ${program?.name}: the linked libbpf can't clear the flag that section ${program?.section} sets`;
    const hint =
      "Link libbpf 1.2 or newer (the bundled one is), or use a section without .s and set sleepable where needed";
    return new LoadError("ERR_BPF_NOT_SUPPORTED", what, { ...about, hint });
  }
  if (stage === "exclusive") {
    const what = `${name}: the linked libbpf can't make maps exclusive`;
    const hint = "Link libbpf 1.7 or newer (the bundled one is), or leave exclusiveProgram undefined";
    return new LoadError("ERR_BPF_NOT_SUPPORTED", what, { ...about, hint });
  }
  if (stage === "members") {
    const what = `${name}: the linked libbpf loads struct_ops programs with their maps and ignores autoload`;
    const hint = "Link libbpf 1.4 or newer (the bundled one is), or set the maps' autocreate to false";
    return new LoadError("ERR_BPF_NOT_SUPPORTED", what, { ...about, hint });
  }
  return undefined;
}

function nameOf({ name, section }: GivenProgram): string {
  return `program ${name} (${section})`;
}

/** The verifier rejected the program, or the kernel before it. */
function refusedProgram(program: GivenProgram, status: number, log: Uint8Array, about: ErrorDetails): VerifierError {
  const errno = errnoName(status);
  const what = `${nameOf(program)} was refused by the kernel`;
  // The kernel returns ENOSPC if the log does not fit, whatever the program's fault was.
  const cutOff = isErrno(status, "ENOSPC");
  const lines = lastLines(log);
  const summary = cutOff ? "its log exceeds the maximum size and is truncated" : summarise(lines);
  const why = cutOff ? undefined : explain({ errno, log: lines, program: factsOf(program) });
  if (summary !== undefined) {
    const hint = perfmonHint(summary);
    const meaning = hint === undefined ? explained(why, lockdownHint(summary)) : { hint };
    return new VerifierError(`${what}: ${summary} (${errno})`, { ...about, ...meaning }, log);
  }
  if (isErrno(status, "EINVAL") && !isKernelName(program.name))
    return new VerifierError(`${what} for its name (${errno})`, { ...about, hint: NAMES }, log);
  const meant = why === undefined ? "" : `: ${why.message}`;
  return new VerifierError(`${what} without a message${meant} (${errno})`, { ...about, ...explained(why) }, log);
}

/** If libbpf printed no cause, only the errno is known. */
function hintOf(status: number): string | undefined {
  if (isErrno(status, "EMFILE") || isErrno(status, "ENFILE")) return MORE_FILES;
  if (isErrno(status, "ENOMEM")) return "There is not enough memory";
  if (isErrno(status, "ENAMETOOLONG")) return "Pass a shorter name or pinRoot";
  return undefined;
}

type MapRefused = Extract<Refused, { operation: "map.create" }>;

function creationHint(name: string, type: number, status: number): string | undefined {
  if (!isErrno(status, "EINVAL") && !isErrno(status, "ENOTSUPP") && !isErrno(status, "EOPNOTSUPP"))
    return hintOf(status);
  if (!isKernelName(name)) return NAMES;
  const types = given(btfFacts().mapTypes());
  // Some map types have two names.
  if (types !== undefined && type >= types.length) return `This kernel does not support the map ${nameOfType(type)}`;
  if (mapTypeRowOf(type)?.elements.maxEntries === "bytes")
    return "maxEntries is its size in bytes: a power of two, and a multiple of the page size";
  return `Check its sizes and flags; this kernel may not know the type ${mapTypeName(type)}, or be built without it`;
}

function nameOfType(type: number): string {
  const name = mapTypeName(type);
  return name.startsWith("type ") ? name : `type ${name}`;
}

/** bpf_obj_name_cpy(), which gets only that many bytes of the name. */
function isKernelName(name: string): boolean {
  return /^[\w.]*$/.test(name.slice(0, 15));
}

const NAMES = 'The kernel allows only letters, digits, "_" and "." in a name: rename it';

function factsOf({ kind, section, sleepable, attachTarget: target }: GivenProgram) {
  return { kind, section, sleepable, ...(target !== undefined && { target }) };
}

/**
 * Without CAP_PERFMON the verifier forbids programs to leak addresses, and does not offer helpers that read kernel
 * memory (bpf_base_func_proto()).
 */
function perfmonHint(summary: string): string | undefined {
  const isOfPerfmon = /leaks addr|!root|pointer comparison|corrupt spilled|(unknown func|cannot use helper) bpf_/.test(
    summary,
  );
  if (!isOfPerfmon) return undefined;
  const has = ownCapabilities();
  if (missingCapabilities(has, ["CAP_PERFMON"]).length === 0) return undefined;
  return "This process lacks CAP_PERFMON, without which the kernel forbids this: run it as root, or give it CAP_PERFMON";
}

/** The cause that a verdict does not contain. */
function lockdownHint(summary: string): string | undefined {
  // Under lockdown (confidentiality) the kernel does not offer these helpers (bpf_tracing_func_proto,
  // LOCKDOWN_BPF_READ_KERNEL).
  if (
    /(unknown func|cannot use helper) bpf_probe_read/.test(summary) &&
    readPermissionFacts().lockdown === "confidentiality"
  ) {
    return "The kernel is locked down (confidentiality), so programs can't read its memory: boot with lockdown=integrity";
  }
  return undefined;
}

function targetNotFound(program: GivenProgram | undefined, target: string, about: ErrorDetails): LoadError {
  const what = program === undefined ? "a program" : `program ${program.name} (${program.section})`;
  const { noun } = kindRow(program?.kind ?? "")?.target ?? { noun: "function" };
  return new LoadError("ERR_BPF_TARGET_NOT_FOUND", `${what}: this kernel has no ${noun} ${target}`, {
    ...about,
    ...(program !== undefined && { program: program.name, section: program.section }),
    target,
    hint: "Check its name in the kernel's BTF (/sys/kernel/btf/vmlinux), or set autoload to false to skip the program",
  });
}

function mapNotCreated(
  map: string,
  refused: MapRefused,
  status: number,
  about: ErrorDetails,
  texts: readonly string[],
): BpfError {
  const errno = errnoName(status);
  const details = { ...about, map };
  const cause = causeOf(texts);
  if (isErrno(status, "EPERM") && cause === undefined)
    return permissionError(`map ${map} could not be created`, refused, { ...details, errno });
  // Constants are frozen, which some kernels allow fewer users than to create a map.
  if (isErrno(status, "EPERM") && texts.some((text) => text.includes("failed to freeze")))
    return permissionError(`map ${map} could not be frozen`, { operation: "freeze" }, { ...details, errno });
  const tooLarge = isErrno(status, "E2BIG") || isErrno(status, "ENOMEM") || isErrno(status, "ENOSPC");
  const words = tooLarge ? "it is too large" : cause?.words;
  const hint = tooLarge
    ? "Lower its maxEntries or its value size"
    : (cause?.hint ?? creationHint(map, refused.type, status));
  return new MapError("ERR_BPF_MAP_CREATE", `map ${map} could not be created${words ? `: ${words}` : ""} (${errno})`, {
    ...details,
    ...(hint !== undefined && { hint }),
  });
}
