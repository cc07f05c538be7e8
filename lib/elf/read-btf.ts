/** readBtf(): reads the types of an ELF file or of raw BTF. */
import { basename } from "node:path";
import { Btf } from "../btf/btf";
import { BtfKindError } from "../btf/search";
import { little } from "../endian";
import { type ErrorCode, ObjectError } from "../errors";
import { checkArgument, checkOptions, custom, pathOrBytes, type Schema } from "../options";
import { readElf } from "./elf";
import { ownBytes, readObject } from "./file";

const MAGIC = 0xeb9f;

/** Options of {@link readBtf}. */
export interface ReadBtfOptions {
  /** The base BTF of split BTF: the kernel's, for a module. */
  base?: Btf;
}

// Not instanceof: a Btf from another copy of the library is an instance of that copy's class.
const OPTIONS: Schema<ReadBtfOptions> = {
  base: custom("a Btf", (value) => typeof value === "object" && value !== null && "typeNamed" in value),
};

/**
 * Reads the types of a BPF object, a kernel module or a vmlinux (ELF files with a .BTF section), or raw BTF, given by
 * path or bytes. All of it is checked: every reference in the type graph is valid, and cycles pass through a pointer to
 * a named struct or union. Needs no privilege. libbpf: btf__parse(), btf__parse_split().
 *
 * @throws {@link ObjectError} if the file can't be read, has no BTF, or its BTF is damaged; the message names the type
 * @throws {@link ArgumentError} for an invalid argument
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
      `${label} is BTF for a machine with the opposite byte order`,
      "Read it on a machine of that byte order",
    );
  }
  if (bytes.length > 0 && bytes[0] !== 0x7f)
    fail(
      "ERR_BPF_OBJECT_NOT_ELF",
      `${label} is neither BTF nor an ELF file`,
      "Pass an object file, or raw BTF as in /sys/kernel/btf",
    );
  const section = readElf(bytes, label, "any").find(({ name }) => name === ".BTF");
  return (
    section?.contents ??
    fail("ERR_BPF_OBJECT_NO_BTF", `${label} has no BTF`, "Compile with clang -g, and don't strip .BTF")
  );
}

/**
 * @internal Parses and checks untrusted BTF.
 *
 * @throws {@link ObjectError} if it is damaged, or has types of an unknown kind (ERR_BPF_NOT_SUPPORTED)
 */
export function checkedBtf(bytes: Uint8Array, label: string, base?: Btf): Btf {
  const hint = base === undefined ? "Recompile it with clang -g" : "Check that the module belongs to this base";
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
        `${label} has BTF newer than this library supports: ${message}`,
        "Update node-libbpf",
        cause,
      );
    return fault(message, cause);
  }
}

function fail(code: ErrorCode, message: string, hint: string, cause?: unknown): never {
  throw new ObjectError(code, message, { operation: "readBtf", hint, ...(cause === undefined ? {} : { cause }) });
}
