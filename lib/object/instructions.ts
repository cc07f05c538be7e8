/** BPF instructions: what of them matters for calls, and where control flow goes. Format: RFC 9669. */
import { little } from "../endian";

const SIZE = 8;
const LDIMM64 = 0x18;
const CALL = 0x85;
const EXIT = 0x95;
const JA = 0x05;
/** Jumps as far as imm says, for what off has no room for. */
const JA_LONG = 0x06;
/** Jumps to an address in a register. */
const JA_INDIRECT = 0x0d;
const MOV_IMMEDIATE = [0xb7, 0xb4];

/** src_reg of a call: a function of the program. src_reg 0: a helper. */
export const PSEUDO_CALL = 1;

/** A function's instructions. All positions are in instructions from the function's beginning. */
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
    return this.#opcode(at) === CALL;
  }

  /** True for the two-slot load that takes the address of a map, function or extern. */
  isAddressLoad(at: number): boolean {
    return this.#opcode(at) === LDIMM64;
  }

  source(at: number): number {
    const registers = this.#view.getUint8(at * SIZE + 1);
    return little ? registers >> 4 : registers & 0xf;
  }

  immediate(at: number): number {
    return this.#view.getInt32(at * SIZE + 4, little);
  }

  /** True if an argument of the call may be a constant: one is put into r1 … r5 after the call before. */
  hasConstantArgument(call: number): boolean {
    for (let at = call - 1; at >= 0 && !this.isCall(at); at--) {
      const destination = this.#destination(at);
      if (MOV_IMMEDIATE.includes(this.#opcode(at)) && destination >= 1 && destination <= 5) return true;
    }
    return false;
  }

  /**
   * Follows control flow from the first instruction, past none of `stops`: which instructions it reaches, and whether it
   * comes to an exit.
   */
  walk(stops: ReadonlySet<number> = new Set()): { reached: Uint8Array; exits: boolean } {
    const reached = new Uint8Array(this.length);
    const open = [0];
    let exits = false;
    let anywhere = false;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      // A jump out of the function is the kernel's to refuse.
      while (at >= 0 && at < this.length && reached[at] === 0) {
        reached[at] = 1;
        if (stops.has(at)) break;
        const opcode = this.#opcode(at);
        if (opcode === EXIT) exits = true;
        else if (opcode === JA_INDIRECT && !anywhere) {
          anywhere = true;
          for (let any = 0; any < this.length; any++) open.push(any);
        }
        if (opcode === EXIT || opcode === JA_INDIRECT) break;
        if (opcode === JA) at += 1 + this.#offset(at);
        else if (opcode === JA_LONG) at += 1 + this.immediate(at);
        else {
          if (isConditionalJump(opcode)) open.push(at + 1 + this.#offset(at));
          at += opcode === LDIMM64 ? 2 : 1;
        }
      }
    }
    return { reached, exits };
  }

  #opcode(at: number): number {
    return this.#bytes[at * SIZE] as number;
  }

  #destination(at: number): number {
    const registers = this.#view.getUint8(at * SIZE + 1);
    return little ? registers & 0xf : registers >> 4;
  }

  #offset(at: number): number {
    return this.#view.getInt16(at * SIZE + 2, little);
  }
}

/** Of the classes BPF_JMP and BPF_JMP32, once unconditional jumps are told apart. */
function isConditionalJump(opcode: number): boolean {
  return ((opcode & 7) === 5 || (opcode & 7) === 6) && opcode !== CALL;
}
