/** The byte order of this machine, which BPF objects, maps and BTF must have. */
import { endianness } from "node:os";

/** The argument that a DataView's methods take. */
export const little = endianness() === "LE";
