/** All error classes and codes. Errors are created in TypeScript only: native code returns -errno. */
import { constants } from "node:os";
import type { Finding, ProgramVerdict, ReasonCode, Verdict } from "./verdict";

/** The values of `error.code`. docs/troubleshooting.md explains each. */
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
  | "ERR_BPF_OBJECT_DIGEST"
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
  | "ERR_BPF_PIN"
  | "ERR_BPF_TEST_RUN"
  | "ERR_BPF_STREAM"
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
 * The operation that failed. Operations on maps, links, programs, variables and codecs start with the owner: "map.get".
 * The others are named after the function, or after what it reads: "profile" for readProfile().
 */
export type Operation =
  | "open"
  | "load"
  | "check"
  | `program.${"id" | "fd" | "info" | "attach" | "pin" | "unpin" | "open" | "testRun" | "stream"}`
  | `object.${"attach" | "pin" | "unpin"}`
  | `policy.${"adoptOrReplace" | "unpin"}`
  | `map.${"attach" | "create" | "open" | "fd" | "info" | "freeze" | "pin" | "unpin" | "valueSize"}`
  | `map.${"get" | "getView" | "has" | "set" | "delete" | "take" | "getMany" | "setMany" | "deleteMany"}`
  | `map.${"keys" | "entries" | "values" | "forEach" | "getAll" | "clear" | "batches"}`
  | `map.${"push" | "pop" | "peek" | "add" | "mmap" | "memory" | "view"}`
  | `map.${"read" | "onBatch" | "onEvent" | "columns" | "flush" | "stats" | "submit" | "submitMany" | "drained"}`
  | `variable.${"get" | "set"}`
  | `link.${"open" | "info" | "update" | "disconnect" | "pin" | "unpin" | "detach" | "read" | "records"}`
  | "programs"
  | "maps"
  | "links"
  | "btfs"
  | `${"program" | "map" | "link" | "btf"}Info`
  | "programInstructions"
  | "enableStats"
  | "attachedTo"
  | "pins"
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
  | "features"
  | "gen"
  | "build"
  | "write"
  | "vm"
  | "verify";

/** What an error is about. A field is set only where it applies. */
export interface ErrorDetails {
  /** The operation that failed: "open", "load", "program.attach", "map.get" … */
  operation?: Operation;
  /** The kernel's errno by name, such as "EINVAL". */
  errno?: string;
  /** The program's name. */
  program?: string;
  /** The program's ELF section. */
  section?: string;
  /** The attach target: a hook, function, tracepoint or iterator. */
  target?: string;
  /** The map's name. */
  map?: string;
  /** For a call on many elements: the number processed before the failure. */
  processed?: number;
  /** Why the kernel rejected a program, if the library understands its answer: a code of the precheck. */
  reason?: ReasonCode;
  /** What to do about it. */
  hint?: string;
  /** The underlying error. */
  cause?: unknown;
}

/** Base class of all errors thrown by this library. */
export class BpfError extends Error {
  /** The class name. */
  override readonly name: string = "BpfError";
  /** Identifies the kind of failure; stable across versions. */
  readonly code: ErrorCode;
  // `declare` creates no property, so that a field that does not apply is absent instead of undefined.
  /** The operation that failed: "open", "load", "program.attach", "map.get" … */
  declare readonly operation?: Operation;
  /** The kernel's errno by name, such as "EINVAL"; absent if no kernel call failed. */
  declare readonly errno?: string;
  /** The program's name. */
  declare readonly program?: string;
  /** The program's ELF section. */
  declare readonly section?: string;
  /** The attach target: a hook, function, tracepoint or iterator. */
  declare readonly target?: string;
  /** The map's name. */
  declare readonly map?: string;
  /** What to do about it. The message ends with it. */
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
  /** The class name. */
  override readonly name: string = "ArgumentError";
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_BPF_ARGUMENT", message, details);
  }
}

/** The object file can't be used: missing, damaged, for another machine, without BTF. */
export class ObjectError extends BpfError {
  /** The class name. */
  override readonly name: string = "ObjectError";
}

/** Loading failed. */
export class LoadError extends BpfError {
  /** The class name. */
  override readonly name: string = "LoadError";
  /** The precheck's code for the reason; absent if the library does not understand the kernel's message. */
  declare readonly reason?: ReasonCode;
}

/** The verifier rejected the program; `log` has its full log. */
export class VerifierError extends LoadError {
  /** The class name. */
  override readonly name: string = "VerifierError";
  readonly #text: Uint8Array;
  #lines: readonly string[] | undefined;

  /** @internal */
  constructor(message: string, details: ErrorDetails, log: Uint8Array) {
    super("ERR_BPF_VERIFIER", message, details);
    this.#text = log;
  }

  /**
   * The verifier log by line, up to 256 MiB. Not part of the message or of console.log's output, because it can have a
   * million lines. The lines are split at first access.
   */
  get log(): readonly string[] {
    this.#lines ??= linesOf(this.#text);
    return this.#lines;
  }
}

/** The lines of a verifier log. */
export function linesOf(log: Uint8Array = new Uint8Array()): string[] {
  const text = Buffer.from(log.buffer, log.byteOffset, log.byteLength).toString("utf8");
  return text.split("\n").filter((line) => line !== "");
}

/**
 * The precheck found programs that this kernel would refuse, or would accept although it must not. No bpf(2) call was
 * made for them. The message lists all faults, each with a remedy.
 */
export class SleepableError extends LoadError {
  /** The class name. */
  override readonly name: string = "SleepableError";
  /** The verdicts of all programs that are refused or unsafe. */
  readonly verdicts: readonly ProgramVerdict[];
  /** The reason of the first decisive finding. */
  declare readonly reason: ReasonCode;

  /** @internal */
  constructor(object: string, verdicts: readonly ProgramVerdict[]) {
    const lines = verdicts.flatMap(problems);
    const unsafe = verdicts.every(({ verdict }) => verdict === "unsafe");
    const atAttach = verdicts.every(({ findings }) => findings.filter(isBad).every(({ stage }) => stage === "attach"));
    const refused = atAttach
      ? "would be loaded by this kernel, but refused when attached"
      : "would be refused by this kernel";
    const what = `${object}: ${verdicts.length === 1 ? "a program" : `${verdicts.length} programs`}`;
    const [only] = verdicts.length === 1 ? verdicts : [];
    super(
      "ERR_BPF_SLEEPABLE",
      `${what} ${unsafe ? "would be accepted by this kernel although it must not be" : refused}:\n${lines.join("\n")}`,
      {
        operation: "load",
        ...(verdicts[0] !== undefined && { reason: verdicts[0].reason }),
        ...(only !== undefined && { program: only.program, section: only.section }),
        ...(atAttach && !unsafe && { hint: 'Loading is possible: load({ precheck: "off" }) skips this check' }),
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
  /** The class name. */
  override readonly name: string = "AttachError";
  /** The precheck's code for the reason; absent if the errno is ambiguous. */
  declare readonly reason?: ReasonCode;
}

/** A map could not be created, read or written. */
export class MapError extends BpfError {
  /** The class name. */
  override readonly name: string = "MapError";
  /** For a call on many elements: the number processed before the failure. */
  declare readonly processed?: number;
}

/** A link could not be pinned, opened or queried. */
export class LinkError extends BpfError {
  /** The class name. */
  override readonly name: string = "LinkError";
}

/** The kernel returned EPERM or EACCES; the message names the cause. */
export class PermissionError extends BpfError {
  /** The class name. */
  override readonly name: string = "PermissionError";
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_BPF_PERMISSION", message, details);
  }
}

/** A call on a closed object. */
export class ClosedError extends BpfError {
  /** The class name. */
  override readonly name: string = "ClosedError";
  constructor(what: string, operation: Operation) {
    super("ERR_BPF_CLOSED", `${what} is closed`, { operation });
  }
}

/** Formats a value for an error message. Calls none of the value's methods: they may throw or be missing. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}

/** Internal to the kernel and absent from errno.h, but returned to user space. */
const ENOTSUPP = 524;

const names = new Map<number, string>([
  ...Object.entries(constants.errno).map(([name, value]) => [value, name] as const),
  [constants.errno.EAGAIN, "EAGAIN"],
  [constants.errno.EOPNOTSUPP, "EOPNOTSUPP"],
  [ENOTSUPP, "ENOTSUPP"],
  // libbpf's own errnos, from 4000 (enum libbpf_errno).
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

/** A hint. */
export const MORE_FILES = "Raise the limit of open files: ulimit -n";

/** A file of this library can't be read because descriptors ran out (scripts/bundle.mjs). */
export function withoutDescriptor(cause: NodeJS.ErrnoException): BpfError {
  const errno = cause.code ?? "EMFILE";
  const what = `node-libbpf can't read a file of its own: ${cause.message}`;
  return new BpfError("ERR_BPF_NO_BINARY", what, { errno, cause, hint: MORE_FILES });
}

/** What a call of node:fs returns. What it throws, such as EMFILE, becomes an error of this library's. */
export function reading<T>(code: ErrorCode, operation: Operation, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { code: errno = "EIO", message } = cause as NodeJS.ErrnoException;
    throw new BpfError(code, message, {
      operation,
      errno,
      cause,
      ...(/^E[MN]FILE$/.test(errno) && { hint: MORE_FILES }),
    });
  }
}

/** The name of a -errno status: -22 gives "EINVAL". */
export function errnoName(status: number): string {
  return names.get(-status) ?? `errno ${-status}`;
}

/** Whether a status is -NAME. */
export function isErrno(status: number, name: keyof typeof constants.errno | "ENOTSUPP"): boolean {
  if (name === "ENOTSUPP") return status === -ENOTSUPP;
  return -status === constants.errno[name];
}
