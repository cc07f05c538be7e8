/** Lets a child process without privileges read an object first: the option `isolate` of open(). */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { isUint8Array } from "node:util/types";
import { serialize } from "node:v8";
import { ObjectError } from "../errors";
import type {
  Description,
  MapDescription,
  Message,
  OpenRequest,
  ProgramDescription,
  VariableDescription,
} from "../native";
import {
  anyNumber,
  anyString,
  bigint64,
  boolean,
  bytes,
  type Expected,
  list,
  object,
  required,
  type Schema,
} from "../options";

/** Milliseconds that the child may take. It needs some 100, of which libbpf takes few. */
const PATIENCE = 10_000;
/** MiB of memory that V8 may use in the child. */
const MEMORY = 256;
/** Bytes that the child may answer: the contents of variables, as base64, and a line for each variable. */
const most = (size: number) => (16 << 20) + 4 * size;

/**
 * Has an object described by libbpf in a child process. The child reads all of the object in the other ways too, so
 * what takes too long or too much memory ends there, before this process reads anything.
 *
 * @returns what gives the description, where the child found nothing that this process finds too
 * @throws {@link ObjectError} if the child ends early, can't be started, or answers what no child of this library does
 */
export function describeApart(request: OpenRequest, label: string): () => Description {
  const { status, signal, error, stdout, stderr } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${MEMORY}`, join(__dirname, "isolated-child.js")],
    {
      input: serialize({ request, label }),
      env: environment(),
      cwd: "/",
      timeout: PATIENCE,
      killSignal: "SIGKILL",
      maxBuffer: most(request.bytes.length),
    },
  );
  const fail = (code: "ERR_BPF_OBJECT_INVALID" | "ERR_BPF_OBJECT_UNREADABLE", what: string, hint: string) =>
    new ObjectError(code, `${label} was opened in a child process, and ${what}`, {
      ...{ operation: "open", hint },
      ...(error && { cause: error }),
    });
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === "ETIMEDOUT") throw fail("ERR_BPF_OBJECT_INVALID", `it took more than ${PATIENCE / 1000} s`, DISTRUST);
  if (code !== undefined && code !== "ENOBUFS" && signal === null)
    throw fail("ERR_BPF_OBJECT_UNREADABLE", `it can't be started (${code})`, "The process needs to start Node.js");
  if (status === UNPRIVILEGED)
    throw fail("ERR_BPF_OBJECT_UNREADABLE", "it can't give up its privileges", stderr.toString("utf8", 0, 200));
  if (status !== 0) throw fail("ERR_BPF_OBJECT_INVALID", `it ended with ${signal ?? `status ${status}`}`, DISTRUST);
  return () => {
    const answer = parsed(stdout.toString("utf8"));
    if (DESCRIPTION.fault(answer) === undefined) return answer as Description;
    throw fail("ERR_BPF_OBJECT_INVALID", "its answer makes no sense", DISTRUST);
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text, revived);
  } catch {
    return undefined;
  }
}

const DISTRUST = "Do not open it without `isolate`";

/** The child's exit status if it is root and can't become nobody. */
export const UNPRIVILEGED = 77;

/** What the addon and its libraries need, and nothing that is secret. */
function environment(): NodeJS.ProcessEnv {
  const needed = /^(LD_|NODE_LIBBPF_|ASAN_|UBSAN_|LSAN_)/;
  const own = Object.entries(process.env).filter(([name]) => needed.test(name));
  return { ...Object.fromEntries(own), ELECTRON_RUN_AS_NODE: "1" };
}

/** JSON of values that JSON does not have. Reading it can't do anything, unlike `v8.deserialize()` of hostile bytes. */
export const written = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, key, converted: unknown) {
    // A Buffer has a toJSON().
    const own = this[key];
    if (isUint8Array(own)) return { $bytes: Buffer.from(own).toString("base64") };
    return typeof own === "bigint" ? { $integer: String(own) } : converted;
  });

function revived(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { $bytes, $integer } = value as { $bytes?: unknown; $integer?: unknown };
  if (typeof $bytes === "string") return new Uint8Array(Buffer.from($bytes, "base64"));
  return typeof $integer === "string" ? BigInt($integer) : value;
}

const PROGRAM: Schema<ProgramDescription> = {
  ...{ name: required(anyString), section: required(anyString), type: required(anyNumber) },
  ...{ attachType: required(anyNumber), flags: required(anyNumber) },
  ...{ autoload: required(boolean), autoattach: required(boolean) },
};
const MAP: Schema<MapDescription> = {
  ...{ name: required(anyString), type: required(anyNumber), keySize: required(anyNumber) },
  ...{ valueSize: required(anyNumber), maxEntries: required(anyNumber), flags: required(anyNumber) },
  ...{ numaNode: required(anyNumber), mapExtra: required(bigint64), autocreate: required(boolean) },
  ...{ internal: required(boolean), keyTypeId: required(anyNumber), valueTypeId: required(anyNumber) },
  ...{ pinPath: anyString, initial: bytes, inner: recursive(() => object(MAP)) },
};
const VARIABLE: Schema<VariableDescription> = {
  ...{ name: required(anyString), shared: anyString, section: required(anyString), sectionId: required(anyNumber) },
  ...{ offset: required(anyNumber), size: required(anyNumber), typeId: required(anyNumber) },
};
/** What is used of an Outcome. */
interface Answer {
  readonly programs: readonly ProgramDescription[];
  readonly maps: readonly MapDescription[];
  readonly variables: readonly VariableDescription[];
  readonly hasBtf: boolean;
  readonly status: number;
  readonly messages: readonly Message[];
}
const DESCRIPTION = object<Answer>(
  {
    ...{ programs: required(list(object(PROGRAM))), maps: required(list(object(MAP))) },
    ...{ variables: required(list(object(VARIABLE))), hasBtf: required(boolean), status: required(anyNumber) },
    messages: required(list(object<Message>({ level: required(anyNumber), text: required(anyString) }))),
  },
  { open: true },
);

/** A check that refers to itself. */
function recursive<T>(expected: () => Expected<T>): Expected<T> {
  return { fault: (value) => expected().fault(value) };
}
