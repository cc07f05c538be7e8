/** Makes one clear error of a load that failed: which program or map, what the kernel said, what to do. */
import { MapType } from "../constants";
import {
  type BpfError,
  type ErrorDetails,
  errnoName,
  isErrno,
  LoadError,
  MapError,
  ObjectError,
  PermissionError,
  VerifierError,
} from "../errors";
import { capabilityNames, type Refused, readPermissionFacts } from "../kernel/permission";
import { whyRefused } from "../kernel/refusal";
import { warnings } from "../log";
import type { MapSpec } from "../map/spec";
import { mapTypeName, typeNumber } from "../map/type-names";
import type { Outcome } from "../native";
import type { GivenProgram } from "../program/spec";
import { explain, explained } from "../sleepable/explain";
import { usesTrampoline } from "../sleepable/rules-trampolines";
import { lastLines, summarise } from "./verifier-log";

/** @param programs in libbpf's order */
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

  if (outcome.stage === "open") {
    const words = texts.at(-1) ?? errno;
    const hint = openHint(texts);
    return new ObjectError("ERR_BPF_OBJECT_INVALID", `${name} can't be opened: ${words}`, {
      operation: "open",
      errno,
      ...(hint !== undefined && { hint }),
    });
  }

  if (outcome.stage === "features") {
    const hint = "Nothing was loaded. It passes: load again when there are descriptors and memory";
    const what = `${name} could not be loaded: libbpf could not find out what this kernel has (${errno})`;
    return new LoadError("ERR_BPF_LOAD", what, { operation, errno, hint });
  }

  const failed = found(/^prog '(.+?)': BPF program load failed/)?.[1];
  const program = programs[outcome.program] ?? programs.find((candidate) => candidate.name === failed);
  const about: ErrorDetails = {
    operation,
    errno,
    ...(program !== undefined && { program: program.name, section: program.section }),
    ...(program?.attachTarget !== undefined && { target: program.attachTarget }),
  };

  if (outcome.stage === "target" && isErrno(outcome.status, "EOPNOTSUPP")) {
    return new LoadError(
      "ERR_BPF_NOT_SUPPORTED",
      `program ${program?.name}: the linked libbpf can't clear what the section ${program?.section} sets`,
      {
        ...about,
        hint: "Link libbpf 1.2 or newer (the bundled one is), or use a section without .s and set sleepable where it is wanted",
      },
    );
  }

  if (outcome.stage === "members") {
    const what = `${name}: the linked libbpf loads struct_ops programs with their maps, whatever their autoload is`;
    const hint = "Link libbpf 1.4 or newer (the bundled one is), or set the maps' autocreate to false";
    return new LoadError("ERR_BPF_NOT_SUPPORTED", what, { ...about, hint });
  }

  const missing = found(/^prog '(.+?)': failed to find kernel BTF type ID of '(.+?)'/);
  if (missing !== undefined || outcome.stage === "target") {
    const owner = program ?? programs.find((candidate) => candidate.name === missing?.[1]);
    return targetNotFound(owner, missing?.[2] ?? owner?.attachTarget ?? "?", about);
  }

  const map = found(/^map '(.+?)': failed to create/)?.[1];
  if (map !== undefined) {
    const type = typeNumber(maps.find((candidate) => candidate.name === map)?.type ?? "hash");
    return mapNotCreated(map, { operation: "map.create", type, types }, outcome.status, about, texts);
  }

  const log = outcome.log ?? new Uint8Array();
  // The kernel says ENOSPC for a log that does not fit, whatever was wrong with the program.
  const cutOff = isErrno(outcome.status, "ENOSPC");
  const lines = lastLines(log);
  const summary = cutOff ? "its log is longer than can be kept, and cut off" : summarise(lines);
  const why = program === undefined || cutOff ? undefined : explain({ errno, log: lines, program: factsOf(program) });
  if (program !== undefined && summary !== undefined) {
    const message = `program ${program.name} (${program.section}) was refused by the kernel: ${summary} (${errno})`;
    const hint = perfmonHint(summary);
    const meaning = hint === undefined ? explained(why, lockdownHint(summary)) : { hint };
    return new VerifierError(message, { ...about, ...meaning }, log);
  }
  if (isErrno(outcome.status, "EPERM")) {
    const trampoline = program !== undefined && usesTrampoline(program.kind);
    const why = whyRefused({ operation: "load", types: program === undefined ? types : [program.type], trampoline });
    const what = program === undefined ? name : `program ${program.name} (${program.section})`;
    return new PermissionError(`${what} could not be loaded: ${why.cause} (EPERM)`, { ...about, hint: why.hint });
  }
  if (program !== undefined) {
    const how = why === undefined ? "without a word" : `without a word: ${why.message}`;
    const message = `program ${program.name} (${program.section}) was refused by the kernel ${how} (${errno})`;
    return new VerifierError(message, { ...about, ...explained(why) }, log);
  }
  const words = saidOf(texts);
  return new LoadError("ERR_BPF_LOAD", `${name} could not be loaded${words ? `: ${words}` : ""} (${errno})`, about);
}

/** What libbpf says last of every failure, whatever it was; and what is tried again. */
const GENERIC =
  /^(failed to load object|map '.*': failed to create|Error in bpf_create_map_xattr|permission error while running as root|prog '.*': failed to load: )/;

/** libbpf's own line on what was wrong. */
function saidOf(texts: readonly string[]): string | undefined {
  return texts
    .filter((text) => !GENERIC.test(text))
    .at(-1)
    ?.trim();
}

function openHint(texts: readonly string[]): string | undefined {
  const all = texts.join("\n");
  if (/legacy map definitions|maps? section/i.test(all)) return 'libbpf 1.x takes BTF-defined maps only: SEC(".maps")';
  if (/BTF/.test(all)) return "Compile it again with clang -g -O2 -target bpf";
  return undefined;
}

type MapRefused = Extract<Refused, { operation: "map.create" }>;

function creationHint(type: number, status: number): string | undefined {
  if (isErrno(status, "EMFILE") || isErrno(status, "ENFILE")) return "Raise the limit of open files: ulimit -n";
  if (!isErrno(status, "EINVAL") && !isErrno(status, "ENOTSUPP") && !isErrno(status, "EOPNOTSUPP")) return undefined;
  if (type === MapType.RINGBUF || type === MapType.USER_RINGBUF)
    return "maxEntries is its size in bytes: a power of two, and a multiple of the page size";
  return `Check its sizes and flags; this kernel may not know the type ${mapTypeName(type)}, or have been built without it`;
}

function factsOf({ kind, section, sleepable, attachTarget: target }: GivenProgram) {
  return { kind, section, sleepable, ...(target !== undefined && { target }) };
}

/** Without CAP_PERFMON the verifier forbids programs to show addresses, and knows no helpers that read the kernel (bpf_base_func_proto()). */
function perfmonHint(summary: string): string | undefined {
  const isOfPerfmon = /leaks addr|!root|pointer comparison|corrupt spilled|(unknown func|cannot use helper) bpf_/.test(
    summary,
  );
  if (!isOfPerfmon) return undefined;
  const has = capabilityNames(readPermissionFacts().capabilities);
  if (has.includes("CAP_PERFMON") || has.includes("CAP_SYS_ADMIN")) return undefined;
  return "This process lacks CAP_PERFMON, without which the kernel forbids this: run it as root, or give it CAP_PERFMON";
}

/** What a verdict does not tell by itself. */
function lockdownHint(summary: string): string | undefined {
  // Under lockdown of confidentiality the kernel has no such helpers (bpf_tracing_func_proto, LOCKDOWN_BPF_READ_KERNEL).
  if (
    /(unknown func|cannot use helper) bpf_probe_read/.test(summary) &&
    readPermissionFacts().lockdown === "confidentiality"
  ) {
    return "The kernel is locked down (confidentiality), and lets no program read its memory: boot with lockdown=integrity";
  }
  return undefined;
}

function targetNotFound(program: GivenProgram | undefined, target: string, about: ErrorDetails): LoadError {
  const what = program === undefined ? "a program" : `program ${program.name} (${program.section})`;
  const noun =
    program?.kind === "lsm"
      ? "LSM hook"
      : program?.kind === "iter"
        ? "iterator"
        : program?.kind === "tp_btf"
          ? "tracepoint"
          : "function";
  return new LoadError("ERR_BPF_TARGET_NOT_FOUND", `${what}: this kernel has no ${noun} ${target}`, {
    ...about,
    ...(program !== undefined && { program: program.name, section: program.section }),
    target,
    hint: "Check its name in the kernel's BTF (/sys/kernel/btf/vmlinux), or set autoload to false to leave the program out",
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
  if (isErrno(status, "EPERM")) {
    const why = whyRefused(refused);
    return new PermissionError(`map ${map} could not be created: ${why.cause} (EPERM)`, { ...details, hint: why.hint });
  }
  const tooLarge = isErrno(status, "E2BIG") || isErrno(status, "ENOMEM") || isErrno(status, "ENOSPC");
  const words = tooLarge ? "it is too large" : saidOf(texts)?.replace(`map '${map}': `, "");
  const hint = tooLarge ? "Lower its maxEntries or its value size" : creationHint(refused.type, status);
  return new MapError("ERR_BPF_MAP_CREATE", `map ${map} could not be created${words ? `: ${words}` : ""} (${errno})`, {
    ...details,
    ...(hint !== undefined && { hint }),
  });
}
