/** The kernel's programs, maps, links and BTFs, by id. */
import { BpfError, errnoName, isErrno, type Operation } from "../errors";
import { permissionError } from "../kernel/refusal";
import { type LinkInfo, readLinkInfo } from "../link/link-info";
import { infoOf, type MapInfo } from "../map/map-info";
import { native, type ObjectKind } from "../native";
import { type InfoCall, type KernelInfo, readKernelInfo, textOf } from "../native/kernel-info";
import { checkArgument, objectId } from "../options";
import { type ProgramInfo, type ProgramInstructions, readInstructions, readProgramInfo } from "../program/program-info";

/** What the kernel reports about a BTF: the types of an object, of the kernel or of a module. Since Linux 4.18. */
export interface BtfInfo {
  /** The kernel's BTF id, as shown by bpftool. */
  readonly id: number;
  /** Size in bytes. */
  readonly size: number;
  /** "vmlinux", or a module's name; "" for an object's. Since Linux 5.11. */
  readonly name: string | undefined;
  /** Whether it belongs to the kernel or to a module. Since Linux 5.11. */
  readonly kernel: boolean | undefined;
}

/** Reads an object's info by id: the info, or -errno. */
type Read<T> = (id: number) => T | number;

/** Bytes for a name: a module's has 56, a path segment 255. */
const NAME = 256;

const callOf = (kind: ObjectKind, id: number): InfoCall => {
  return (info, buffers) => native.infoOfId(kind, id, info, buffers);
};

const readProgram: Read<ProgramInfo> = (id) => readProgramInfo(callOf("program", id));
const readLink: Read<LinkInfo> = (id) => readLinkInfo(callOf("link", id));

function readMap(id: number): MapInfo | number {
  const map = native.mapOfId(id);
  if (map < 0) return map;
  try {
    return infoOf(map);
  } finally {
    native.mapClose(map);
  }
}

function readBtf(id: number): BtfInfo | number {
  const call = callOf("btf", id);
  const first = readKernelInfo(call);
  if (typeof first === "number") return first;
  // Before Linux 5.11 BTF has no name, and the kernel refuses what it does not know.
  if (!first.has(32)) return { ...sizeOf(first), name: undefined, kernel: undefined };
  const bytes = new Uint8Array(NAME);
  const info = readKernelInfo(call, [{ pointer: 16, count: 24, element: 1, bytes }]);
  return typeof info === "number" ? info : { ...sizeOf(info), name: textOf(bytes), kernel: info.u32(28) !== 0 };
}

const sizeOf = (info: KernelInfo) => ({ id: info.u32(12), size: info.u32(8) });

/** A link has its id before it is attached; until then the kernel pretends that it is not there (bpf_link_by_id()). */
const isUnattached = (kind: ObjectKind, status: number) => kind === "link" && isErrno(status, "EAGAIN");

/**
 * All objects of a kind, by rising id. One that goes away in between, or is not there yet, is skipped.
 *
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
function* each<T>(kind: ObjectKind, read: Read<T>, operation: Operation): Generator<T, void, undefined> {
  for (let id = native.nextId(kind, 0); ; id = native.nextId(kind, id)) {
    if (isErrno(id, "ENOENT")) return;
    if (id < 0) throw refused(`the list of ${kind}s`, id, operation);
    const info = read(id);
    if (typeof info !== "number") yield info;
    else if (!isErrno(info, "ENOENT") && !isUnattached(kind, info)) throw refused(`${kind} ${id}`, info, operation);
  }
}

/** One object. */
function one<T>(kind: ObjectKind, read: Read<T>, id: number, operation: Operation): T {
  checkArgument({ name: operation, details: { operation } }, "id", id, objectId);
  const info = read(id);
  if (typeof info !== "number") return info;
  throw refused(`${kind} ${id}`, info, operation);
}

function refused(thing: string, status: number, operation: Operation): BpfError {
  const what = `${thing} can't be read`;
  const errno = errnoName(status);
  if (isErrno(status, "EPERM")) return permissionError(what, { operation: "by-id" }, { operation, errno });
  if (!isErrno(status, "ENOENT")) {
    const hint = isErrno(status, "EAGAIN") ? "It is being attached: ask again" : undefined;
    return new BpfError("ERR_BPF_NOT_LOADED", `${what} (${errno})`, { operation, errno, ...(hint && { hint }) });
  }
  const hint = "It is gone, or never was: node-libbpf ps lists what is there";
  return new BpfError("ERR_BPF_NOT_LOADED", `there is no ${thing} (ENOENT)`, { operation, errno, hint });
}

/**
 * All programs that are loaded, by rising id. No descriptor stays open, and what is unloaded in between is skipped.
 * Needs CAP_SYS_ADMIN. Since Linux 4.13. libbpf: bpf_prog_get_next_id().
 *
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function programs(): Generator<ProgramInfo, void, undefined> {
  return each("program", readProgram, "programs");
}

/**
 * All maps, by rising id; see {@link programs}. Needs CAP_SYS_ADMIN. Since Linux 4.13. libbpf: bpf_map_get_next_id().
 *
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function maps(): Generator<MapInfo, void, undefined> {
  return each("map", readMap, "maps");
}

/**
 * All links, by rising id; see {@link programs}. Needs CAP_SYS_ADMIN. Since Linux 5.8. libbpf: bpf_link_get_next_id().
 *
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function links(): Generator<LinkInfo, void, undefined> {
  return each("link", readLink, "links");
}

/**
 * All BTFs, those of the kernel and of its modules included, by rising id; see {@link programs}. Needs CAP_SYS_ADMIN.
 * Since Linux 5.4. libbpf: bpf_btf_get_next_id().
 *
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function btfs(): Generator<BtfInfo, void, undefined> {
  return each("btf", readBtf, "btfs");
}

/**
 * What the kernel reports about the program with an id. Needs CAP_SYS_ADMIN. Since Linux 4.13.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_LOADED if there is none
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function programInfo(id: number): ProgramInfo {
  return one("program", readProgram, id, "programInfo");
}

/**
 * What the kernel reports about the map with an id. Needs CAP_SYS_ADMIN. Since Linux 4.13.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_LOADED if there is none
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function mapInfo(id: number): MapInfo {
  return one("map", readMap, id, "mapInfo");
}

/**
 * What the kernel reports about the link with an id. Needs CAP_SYS_ADMIN. Since Linux 5.8.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_LOADED if there is none
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function linkInfo(id: number): LinkInfo {
  return one("link", readLink, id, "linkInfo");
}

/**
 * What the kernel reports about the BTF with an id. Needs CAP_SYS_ADMIN. Since Linux 4.18.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_LOADED if there is none
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function btfInfo(id: number): BtfInfo {
  return one("btf", readBtf, id, "btfInfo");
}

/**
 * The instructions of the program with an id, and the source that they come from. Needs CAP_SYS_ADMIN. Since Linux 5.0.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_LOADED if there is none
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function programInstructions(id: number): ProgramInstructions {
  return one("program", (id) => readInstructions(callOf("program", id)), id, "programInstructions");
}
