/** The byte order of this machine, which BPF objects, maps and BTF must have. */
import { endianness } from "node:os";

/** The littleEndian argument of DataView's methods. */
export const little = endianness() === "LE";
