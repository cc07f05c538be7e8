/** Decodes struct bpf_prog_info. */
import { uptime } from "node:os";
import { type ProgramLine, readLines } from "../btf/line-info";
import type { ProgramKind } from "../kinds";
import { type InfoBuffer, native } from "../native";
import { type InfoCall, type KernelInfo, readKernelInfo, textOf, u32sOf, u64sOf } from "../native/kernel-info";
import { programTypeName } from "../program-types";
import { kindOfType } from "../section-names";

/** What the kernel reports about a loaded program. Since Linux 4.13. libbpf: bpf_prog_get_info_by_fd(). */
export interface ProgramInfo {
  /** The kernel's program id, as shown by bpftool. */
  readonly id: number;
  /** enum bpf_prog_type in lower case: "lsm", "kprobe", "sched_cls" … */
  readonly type: string;
  /**
   * The kind, as in {@link ProgramSpec.kind}, if all programs of the type have the same: the kernel does not tell the
   * attach type. Undefined for tracing, LSM, kprobe and others.
   */
  readonly kind: ProgramKind | undefined;
  /** The kernel's name of the program: 15 characters at most; "" for a program that was loaded without. */
  readonly name: string;
  /** A digest of the instructions, in hexadecimal: the same program of the same object has the same. */
  readonly tag: string;
  /** When it was loaded, to some 20 milliseconds. */
  readonly loadTime: Date;
  /** The user who loaded it. */
  readonly uid: number;
  /** Ids of the maps that it uses. */
  readonly mapIds: readonly number[];
  /** Id of the BTF that it was loaded with; 0 if none. */
  readonly btfId: number;
  /** Whether its licence is compatible with the GPL. */
  readonly gplCompatible: boolean;
  /** Time that it ran while statistics were enabled, in nanoseconds: {@link enableStats}. */
  readonly runTimeNs: number;
  /** Number of runs while statistics were enabled. */
  readonly runCount: number;
  /** Number of runs that recursion prevented. Since Linux 5.12. */
  readonly recursionMisses: number | undefined;
  /** Number of instructions that the verifier processed. Since Linux 5.16. */
  readonly verifiedInstructions: number | undefined;
  /** Size of the machine code in bytes; 0 if it is interpreted, or this process may not know (CAP_BPF). */
  readonly jitedSize: number;
  /** Size of the instructions after the verifier's rewriting, in bytes. */
  readonly xlatedSize: number;
  /** For programs with a BTF target: id of the BTF that has it; 0 if none. Since Linux 6.0. */
  readonly attachBtfObjectId: number | undefined;
  /** For programs with a BTF target: its id in that BTF; 0 if none. Since Linux 6.0. */
  readonly attachBtfId: number | undefined;
  /** Index of the network device that the program is offloaded or bound to; 0 if none. */
  readonly ifindex: number;
}

/** The instructions of a loaded program, and what they were compiled from. */
export interface ProgramInstructions {
  /**
   * The instructions after the verifier's rewriting, 8 bytes each (struct bpf_insn); undefined if the kernel hides
   * them: it hardens the program (net.core.bpf_jit_harden), and this process may not see addresses
   * (kernel.kptr_restrict).
   */
  readonly xlated: Uint8Array | undefined;
  /** The machine code; undefined if the program is interpreted, or the kernel hides addresses. */
  readonly jited: Uint8Array | undefined;
  /** Lines of the source in the order of instructions; empty if the object had no BTF.ext. */
  readonly lines: readonly ProgramLine[];
}

/** Offsets of struct bpf_prog_info. */
const AT = {
  tag: 8,
  jitedSize: 16,
  xlatedSize: 20,
  jited: 24,
  xlated: 32,
  mapCount: 52,
  maps: 56,
  name: 64,
  lineCount: 148,
  lines: 152,
  jitedLines: 160,
  jitedLineCount: 168,
  lineSize: 172,
  jitedLineSize: 176,
} as const;

/** @internal The info of a program, or -errno. */
export function readProgramInfo(call: InfoCall): ProgramInfo | number {
  const first = readKernelInfo(call);
  if (typeof first === "number") return first;
  const bytes = new Uint8Array(4 * first.u32(AT.mapCount));
  if (bytes.length === 0) return decodeProgramInfo(first, []);
  const info = readKernelInfo(call, [{ pointer: AT.maps, count: AT.mapCount, element: 4, bytes }]);
  return typeof info === "number" ? info : decodeProgramInfo(info, u32sOf(bytes));
}

/** Decodes the info; fields that this kernel does not have are undefined. */
export function decodeProgramInfo(info: KernelInfo, mapIds: readonly number[]): ProgramInfo {
  const type = info.u32(0);
  // attach_btf_obj_id lies in what was padding before.
  const hasTarget = info.has(228);
  return {
    id: info.u32(4),
    type: programTypeName(type) ?? `type ${type}`,
    kind: kindOfType(type),
    name: textOf(info.bytes(AT.name, 16)),
    tag: Buffer.from(info.bytes(AT.tag, 8)).toString("hex"),
    loadTime: new Date(Date.now() - uptime() * 1000 + info.count(40) / 1e6),
    uid: info.u32(48),
    mapIds,
    btfId: info.u32(128),
    gplCompatible: (info.u32(84) & 1) !== 0,
    runTimeNs: info.count(192),
    runCount: info.count(200),
    recursionMisses: info.has(216) ? info.count(208) : undefined,
    verifiedInstructions: info.has(220) ? info.u32(216) : undefined,
    jitedSize: info.u32(AT.jitedSize),
    xlatedSize: info.u32(AT.xlatedSize),
    attachBtfObjectId: hasTarget ? info.u32(220) : undefined,
    attachBtfId: hasTarget ? info.u32(224) : undefined,
    ifindex: info.u32(80),
  };
}

/** @internal The instructions of a program, or -errno. */
export function readInstructions(call: InfoCall): ProgramInstructions | number {
  const sizes = readKernelInfo(call);
  if (typeof sizes === "number") return sizes;
  const buffer = (pointer: number, count: number, element: number): InfoBuffer => {
    return { pointer, count, element, bytes: new Uint8Array(element * sizes.u32(count)) };
  };
  const xlated = buffer(AT.xlated, AT.xlatedSize, 1);
  const jited = buffer(AT.jited, AT.jitedSize, 1);
  const lines = buffer(AT.lines, AT.lineCount, sizes.u32(AT.lineSize));
  const addresses = buffer(AT.jitedLines, AT.jitedLineCount, sizes.u32(AT.jitedLineSize));
  const wanted = [xlated, jited, lines, addresses].filter(({ bytes }) => bytes.length > 0);
  // The kernel fills no records without their size (set_info_rec_size()).
  const info = readKernelInfo(call, wanted, [
    ...(lines.bytes.length > 0 ? [[AT.lineSize, lines.element] as const] : []),
    ...(addresses.bytes.length > 0 ? [[AT.jitedLineSize, addresses.element] as const] : []),
  ]);
  if (typeof info === "number") return info;
  // The kernel takes the address back of what it does not give.
  const given = ({ pointer, bytes }: InfoBuffer) => (info.u64(pointer) === 0n ? undefined : bytes);
  const btf = native.btfById(info.u32(128));
  const records = given(lines);
  const at = given(addresses);
  return {
    xlated: given(xlated),
    jited: given(jited),
    lines:
      records === undefined || typeof btf === "number"
        ? []
        : readLines(btf.bytes, records, lines.element, at === undefined ? [] : u64sOf(at)),
  };
}
