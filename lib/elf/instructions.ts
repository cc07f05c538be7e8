/** Decodes BPF instructions: fields and successors. Format: RFC 9669. */
import { little } from "../endian";

const SIZE = 8;
const LDIMM64 = 0x18;
const CALL = 0x85;
const EXIT = 0x95;
const JA = 0x05;
/** BPF_JA with a 32-bit offset in imm, for distances that do not fit into off. */
const JA_LONG = 0x06;
/** Jump to an address in a register. */
const JA_INDIRECT = 0x0d;
/** src_reg of a call: BPF_PSEUDO_CALL calls a function of the program, 0 a helper. */
export const PSEUDO_CALL = 1;

/** A function's instructions. Positions are instruction indices from the start of the function. */
export class Instructions {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = Math.floor(bytes.byteLength / SIZE);
  }

  isCall(at: number): boolean {
    return this.opcode(at) === CALL;
  }

  /** Whether it is a BPF_LD_IMM64 of the address of a map, function or extern. */
  isAddressLoad(at: number): boolean {
    return this.opcode(at) === LDIMM64;
  }

  source(at: number): number {
    const registers = this.#view.getUint8(at * SIZE + 1);
    return little ? registers >> 4 : registers & 0xf;
  }

  immediate(at: number): number {
    return this.#view.getInt32(at * SIZE + 4, little);
  }

  /** The 64-bit immediate of a BPF_LD_IMM64 without relocation. */
  wideImmediate(at: number): bigint {
    const high = at + 1 < this.length ? this.immediate(at + 1) : 0;
    return BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(this.immediate(at) >>> 0));
  }

  opcode(at: number): number {
    return this.#bytes[at * SIZE] as number;
  }

  destination(at: number): number {
    const registers = this.#view.getUint8(at * SIZE + 1);
    return little ? registers & 0xf : registers >> 4;
  }

  offset(at: number): number {
    return this.#view.getInt16(at * SIZE + 2, little);
  }

  /** Whether it is a conditional jump, of class BPF_JMP or BPF_JMP32. */
  isConditionalJump(at: number): boolean {
    const opcode = this.opcode(at);
    if ((opcode & 7) !== 5 && (opcode & 7) !== 6) return false;
    return opcode !== CALL && opcode !== EXIT && opcode !== JA && opcode !== JA_LONG && opcode !== JA_INDIRECT;
  }

  isExit(at: number): boolean {
    return this.opcode(at) === EXIT;
  }

  /** The successors of an instruction. For a conditional jump, the fall-through comes first. */
  next(at: number): number[] {
    const opcode = this.opcode(at);
    if (opcode === EXIT) return [];
    if (opcode === JA) return [at + 1 + this.offset(at)];
    if (opcode === JA_LONG) return [at + 1 + this.immediate(at)];
    if (opcode === JA_INDIRECT) return Array.from({ length: this.length }, (_, any) => any);
    if (this.isConditionalJump(at)) return [at + 1, at + 1 + this.offset(at)];
    return [at + (opcode === LDIMM64 ? 2 : 1)];
  }
}
