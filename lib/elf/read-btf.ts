/** readBtf(): the types of a file, an ELF one or BTF alone. */
import { basename } from "node:path";
import { Btf, BtfKindError } from "../btf/btf";
import { little } from "../endian";
import { type ErrorCode, ObjectError } from "../errors";
import { checkArgument, checkOptions, custom, pathOrBytes, type Schema } from "../options";
import { readElf } from "./elf";
import { ownBytes, readObject } from "./file";

const MAGIC = 0xeb9f;

/** Options of {@link readBtf}. */
export interface ReadBtfOptions {
  /** The BTF that this one goes on from: the kernel's, for a module's. */
  base?: Btf;
}

// Not instanceof: another copy of the library has a class of its own.
const OPTIONS: Schema<ReadBtfOptions> = {
  base: custom("a Btf", (value) => typeof value === "object" && value !== null && "typeNamed" in value),
};

/**
 * The types of a BPF object, a kernel module, a vmlinux (ELF files with a section .BTF) or of BTF alone, given by path or
 * bytes. All of it is checked: a node of its graph never leads to what is not there, nor back to itself but by a pointer to
 * a struct or union that has a name. Needs no privilege.
 *
 * @throws {@link ObjectError} if it can't be read, has no BTF, or its BTF is damaged: the message says at which type
 */
export function readBtf(source: string | Uint8Array, options?: ReadBtfOptions): Btf {
  const callee = { name: "readBtf", details: { operation: "readBtf" } } as const;
  const { base } = checkOptions(callee, options, OPTIONS);
  checkArgument(callee, "source", source, pathOrBytes);
  if (typeof source === "string") return decode(readObject(source, "readBtf"), basename(source), base);
  return decode(ownBytes(source), "the BTF", base);
}

function decode(bytes: Uint8Array, label: string, base: Btf | undefined): Btf {
  return checkedBtf(sectionOf(bytes, label), label, base);
}

function sectionOf(bytes: Uint8Array, label: string): Uint8Array {
  const magic = bytes.length < 2 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint16(0, true);
  if (magic === MAGIC || magic === 0x9feb) {
    if ((magic === MAGIC) === little) return bytes;
    fail(
      "ERR_BPF_OBJECT_ENDIANNESS",
      `${label} is BTF of a machine with another byte order`,
      "Read it on such a machine",
    );
  }
  if (bytes.length > 0 && bytes[0] !== 0x7f)
    fail(
      "ERR_BPF_OBJECT_NOT_ELF",
      `${label} is neither BTF nor an ELF file`,
      "Pass an object file, or BTF as in /sys/kernel/btf",
    );
  const section = readElf(bytes, label, "any").find(({ name }) => name === ".BTF");
  return (
    section?.contents ??
    fail("ERR_BPF_OBJECT_NO_BTF", `${label} has no BTF`, "Compile with clang -g, and don't strip .BTF")
  );
}

/**
 * @internal The types of bytes that somebody else made.
 * @throws {@link ObjectError} if they are damaged, or of a kind that is not known here (ERR_BPF_NOT_SUPPORTED)
 */
export function checkedBtf(bytes: Uint8Array, label: string, base?: Btf): Btf {
  const hint = base === undefined ? "Compile it again with clang -g" : "Is it a module of this base?";
  const fault = (what: string, cause?: unknown) =>
    fail("ERR_BPF_OBJECT_INVALID", `${label} has damaged BTF: ${what}`, hint, cause);
  try {
    const btf = new Btf(bytes, base, label);
    const found = btf.fault();
    return found === undefined ? btf : fault(found.what);
  } catch (cause) {
    if (cause instanceof ObjectError) throw cause;
    const { message } = cause as Error;
    if (cause instanceof BtfKindError)
      return fail(
        "ERR_BPF_NOT_SUPPORTED",
        `${label} has BTF that is newer than this library: ${message}`,
        "Update node-libbpf",
        cause,
      );
    return fault(message, cause);
  }
}

function fail(code: ErrorCode, message: string, hint: string, cause?: unknown): never {
  throw new ObjectError(code, message, { operation: "readBtf", hint, ...(cause === undefined ? {} : { cause }) });
}
