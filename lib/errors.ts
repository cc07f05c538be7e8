/** Every error class and code of the library. Errors are made here, never in C++: native code returns -errno. */
import { constants } from "node:os";
import type { Finding, ProgramVerdict, ReasonCode, Verdict } from "./verdict";

/** The codes that `error.code` can have. */
export type ErrorCode =
  | "ERR_BPF_ARGUMENT"
  | "ERR_BPF_OBJECT_NOT_FOUND"
  | "ERR_BPF_OBJECT_UNREADABLE"
  | "ERR_BPF_OBJECT_EMPTY"
  | "ERR_BPF_OBJECT_TRUNCATED"
  | "ERR_BPF_OBJECT_NOT_ELF"
  | "ERR_BPF_OBJECT_NOT_BPF"
  | "ERR_BPF_OBJECT_ENDIANNESS"
  | "ERR_BPF_OBJECT_32BIT"
  | "ERR_BPF_OBJECT_NO_BTF"
  | "ERR_BPF_OBJECT_INVALID"
  | "ERR_BPF_SECTION_UNKNOWN"
  | "ERR_BPF_TARGET_NOT_FOUND"
  | "ERR_BPF_TARGET_MISSING"
  | "ERR_BPF_SLEEPABLE"
  | "ERR_BPF_PROFILE"
  | "ERR_BPF_LOAD"
  | "ERR_BPF_VERIFIER"
  | "ERR_BPF_MAP_CREATE"
  | "ERR_BPF_MAP"
  | "ERR_BPF_ATTACH"
  | "ERR_BPF_LSM_INACTIVE"
  | "ERR_BPF_LINK"
  | "ERR_BPF_TEST_RUN"
  | "ERR_BPF_PERMISSION"
  | "ERR_BPF_CLOSED"
  | "ERR_BPF_BUSY"
  | "ERR_BPF_NOT_LOADED"
  | "ERR_BPF_NOT_SUPPORTED"
  | "ERR_BPF_BUILD"
  | "ERR_BPF_OUTPUT"
  | "ERR_BPF_NO_BINARY"
  | "ERR_BPF_VM"
  | "ERR_BPF_VM_DIED"
  | "ERR_BPF_VM_FAILED"
  | "ERR_BPF_VM_NO_KERNEL"
  | "ERR_BPF_VM_TIMEOUT";

/**
 * The operation that failed. Operations on maps, links, programs, variables and codecs have the owner in front: "map.get". The others
 * have the name of the function, or of what the function reads: "profile" for readProfile().
 */
export type Operation =
  | "open"
  | "load"
  | "check"
  | `program.${"id" | "fd" | "attach" | "testRun"}`
  | `map.${"create" | "open" | "fd" | "info" | "freeze" | "pin" | "unpin" | "valueSize"}`
  | `map.${"get" | "getView" | "has" | "set" | "delete" | "take" | "getMany" | "setMany" | "deleteMany"}`
  | `map.${"keys" | "entries" | "values" | "forEach" | "getAll" | "clear" | "batches"}`
  | `map.${"push" | "pop" | "peek" | "add" | "mmap" | "memory" | "view"}`
  | `map.${"read" | "onBatch" | "onEvent" | "columns" | "flush" | "stats" | "submit" | "submitMany" | "drained"}`
  | `variable.${"get" | "set"}`
  | `link.${"open" | "info" | "pin" | "unpin" | "detach" | "read"}`
  | "codec"
  | "codec.encode"
  | "view"
  | "tracePipe"
  | "btf"
  | "readBtf"
  | "kernelBtf"
  | "judge"
  | "explain"
  | "hooks"
  | "profile"
  | "probe"
  | "gen"
  | "build"
  | "write"
  | "vm";

/** What an error is about; each field is set where it applies. */
export interface ErrorDetails {
  /** The operation that failed: "open", "load", "program.attach", "map.get" … */
  operation?: Operation;
  /** The kernel's errno by name, such as "EINVAL". */
  errno?: string;
  program?: string;
  section?: string;
  /** The attach target: a hook, function, tracepoint or iterator. */
  target?: string;
  map?: string;
  /** Of a call for many elements: how many were done before it failed. */
  processed?: number;
  /** Why the kernel refused a program, where its answer is understood: the codes of the precheck. */
  reason?: ReasonCode;
  /** What to do about it. */
  hint?: string;
  cause?: unknown;
}

/** Base class of all errors that this library throws. */
export class BpfError extends Error {
  override readonly name: string = "BpfError";
  /** A stable name of what went wrong. */
  readonly code: ErrorCode;
  // Declared, not defined: a field that does not apply is absent, and not printed as undefined.
  /** The operation that failed: "open", "load", "program.attach", "map.get" … */
  declare readonly operation?: Operation;
  /** The kernel's errno by name, such as "EINVAL"; absent where no kernel call failed. */
  declare readonly errno?: string;
  declare readonly program?: string;
  declare readonly section?: string;
  /** The attach target: a hook, function, tracepoint or iterator. */
  declare readonly target?: string;
  declare readonly map?: string;
  /** What to do about it; also the last sentence of the message. */
  declare readonly hint?: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { cause, ...fields } = details;
    super(details.hint === undefined ? message : `${message}. ${details.hint}`, cause === undefined ? {} : { cause });
    this.code = code;
    Object.assign(this, fields);
  }
}

/** An argument of the wrong type, size or range. */
export class ArgumentError extends BpfError {
  override readonly name: string = "ArgumentError";
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_BPF_ARGUMENT", message, details);
  }
}

/** The object file can't be used: missing, damaged, of another machine, without BTF. */
export class ObjectError extends BpfError {
  override readonly name: string = "ObjectError";
}

/** Loading failed for another reason than the verifier's. */
export class LoadError extends BpfError {
  override readonly name: string = "LoadError";
  /** What was meant, as the precheck would have said it; absent where the words are not known. */
  declare readonly reason?: ReasonCode;
}

/** The kernel refused a program; `log` has the verifier's words. */
export class VerifierError extends LoadError {
  override readonly name: string = "VerifierError";
  readonly #text: Uint8Array;
  #lines: readonly string[] | undefined;

  /** @internal */
  constructor(message: string, details: ErrorDetails, log: Uint8Array) {
    super("ERR_BPF_VERIFIER", message, details);
    this.#text = log;
  }

  /**
   * The whole verifier log, line by line, up to 256 MiB. Not part of the message, nor of what console.log prints: it can
   * have a million lines, which are made when they are first asked for.
   */
  get log(): readonly string[] {
    this.#lines ??= linesOf(this.#text);
    return this.#lines;
  }
}

/** The lines of a verifier's log. */
export function linesOf(log: Uint8Array = new Uint8Array()): string[] {
  const text = Buffer.from(log.buffer, log.byteOffset, log.byteLength).toString("utf8");
  return text.split("\n").filter((line) => line !== "");
}

/**
 * The precheck found programs that this kernel would refuse, or that it would take and must not. No bpf(2) call was made for
 * them; the message lists everything that is wrong, each with what to do instead.
 */
export class SleepableError extends LoadError {
  override readonly name: string = "SleepableError";
  /** Of every program that is refused or unsafe. */
  readonly verdicts: readonly ProgramVerdict[];
  /** The first decisive finding's. */
  declare readonly reason: ReasonCode;

  /** @internal */
  constructor(object: string, verdicts: readonly ProgramVerdict[]) {
    const lines = verdicts.flatMap(problems);
    const unsafe = verdicts.every(({ verdict }) => verdict === "unsafe");
    const atAttach = verdicts.every(({ findings }) => findings.filter(isBad).every(({ stage }) => stage === "attach"));
    const refused = atAttach
      ? "would be loaded by this kernel, and refused when it is attached"
      : "would be refused by this kernel";
    const what = `${object}: ${verdicts.length === 1 ? "a program" : `${verdicts.length} programs`}`;
    const [only] = verdicts.length === 1 ? verdicts : [];
    super(
      "ERR_BPF_SLEEPABLE",
      `${what} ${unsafe ? "would be taken by this kernel and must not be" : refused}:\n${lines.join("\n")}`,
      {
        operation: "load",
        ...(verdicts[0] !== undefined && { reason: verdicts[0].reason }),
        ...(only !== undefined && { program: only.program, section: only.section }),
        ...(atAttach && !unsafe && { hint: 'Loading works: load({ precheck: "off" }) does it all the same' }),
      },
    );
    this.verdicts = verdicts;
  }
}

function isBad({ verdict }: { verdict: Verdict }): boolean {
  return verdict === "refused" || verdict === "unsafe";
}

function problems({ program, section, findings }: ProgramVerdict): string[] {
  const advice = ({ remedy }: Finding) => (remedy === undefined ? "" : `; ${remedy}`);
  return findings.filter(isBad).map((found) => `  ${program} (${section}): ${found.message}${advice(found)}`);
}

/** A program could not be attached. */
export class AttachError extends BpfError {
  override readonly name: string = "AttachError";
  /** What the kernel meant, as the precheck would have said it; absent where its errno can mean anything. */
  declare readonly reason?: ReasonCode;
}

/** A map could not be created, read or written. */
export class MapError extends BpfError {
  override readonly name: string = "MapError";
  /** Of a call for many elements: how many were done before it failed. */
  declare readonly processed?: number;
}

/** A link could not be pinned, opened or asked. */
export class LinkError extends BpfError {
  override readonly name: string = "LinkError";
}

/** The kernel said EPERM; the message says why. */
export class PermissionError extends BpfError {
  override readonly name: string = "PermissionError";
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_BPF_PERMISSION", message, details);
  }
}

/** A call on something that was closed. */
export class ClosedError extends BpfError {
  override readonly name: string = "ClosedError";
  constructor(what: string, operation: Operation) {
    super("ERR_BPF_CLOSED", `${what} is closed`, { operation });
  }
}

/** A value in an error's message. Nothing of the value's own is called: that may throw, or there is none. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}

/** Kernel-internal, absent from errno.h, and yet returned to user space. */
const ENOTSUPP = 524;

const names = new Map<number, string>([
  ...Object.entries(constants.errno).map(([name, value]) => [value, name] as const),
  [constants.errno.EAGAIN, "EAGAIN"],
  [constants.errno.EOPNOTSUPP, "EOPNOTSUPP"],
  [ENOTSUPP, "ENOTSUPP"],
  // libbpf's own, from 4000 on (enum libbpf_errno).
  ...[
    "LIBELF",
    "FORMAT",
    "KVERSION",
    "ENDIAN",
    "INTERNAL",
    "RELOC",
    "LOAD",
    "VERIFY",
    "PROG2BIG",
    "KVER",
    "PROGTYPE",
    "WRNGPID",
    "INVSEQ",
    "NLPARSE",
  ].map((name, index) => [4000 + index, `LIBBPF_ERRNO__${name}`] as const),
]);

/** The name of a -errno status: -22 is "EINVAL". */
export function errnoName(status: number): string {
  return names.get(-status) ?? `errno ${-status}`;
}

/** True if a status is -NAME. */
export function isErrno(status: number, name: keyof typeof constants.errno | "ENOTSUPP"): boolean {
  if (name === "ENOTSUPP") return status === -ENOTSUPP;
  return -status === constants.errno[name];
}
