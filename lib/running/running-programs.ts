/** runningPrograms(): the programs with what belongs to them. */
import { kernelBtf } from "../btf/kernel-btf";
import { AttachType, ProgramType } from "../constants";
import type { ProgramKind } from "../kinds";
import type { LinkInfo } from "../link/link-info";
import type { MapInfo } from "../map/map-info";
import type { ProgramInfo } from "../program/program-info";
import { kindOf } from "../section-names";
import { btfs, links, maps, programs } from "./objects";
import { type Owner, owners } from "./owners";
import { allPins } from "./pinned";

/** A link with its pins and owners. */
export type RunningLink = LinkInfo & {
  /** Paths in bpffs. */
  readonly pins: readonly string[];
  /** The processes that hold it by a descriptor. */
  readonly owners: readonly Owner[];
};

/** A program with what belongs to it; see {@link runningPrograms}. */
export interface RunningProgram extends ProgramInfo {
  /** Also of a tracing program, if a link tells. */
  readonly kind: ProgramKind | undefined;
  /** The function, hook or tracepoint of its BTF target; undefined if it has none, or the kernel does not tell. */
  readonly attachTarget: string | undefined;
  /** The links that attach it. */
  readonly links: readonly RunningLink[];
  /** Its maps; without those that went away in between. */
  readonly maps: readonly MapInfo[];
  /** Paths in bpffs, of the program itself. */
  readonly pins: readonly string[];
  /** The processes that hold the program itself by a descriptor. */
  readonly owners: readonly Owner[];
}

/**
 * All programs with their links, maps, pins in every mounted bpffs, and the processes that hold them. Needs
 * CAP_SYS_ADMIN. Since Linux 5.8.
 *
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function runningPrograms(): RunningProgram[] {
  // Before what belongs to them, which another user may not see for other reasons.
  const all = [...programs()];
  const held = owners();
  const pinned = new Map<string, string[]>();
  for (const { kind, id, path } of allPins()) {
    const key = `${kind} ${id}`;
    pinned.set(key, [...(pinned.get(key) ?? []), path]);
  }
  const byProgram = new Map<number, LinkInfo[]>();
  for (const link of links()) byProgram.set(link.programId, [...(byProgram.get(link.programId) ?? []), link]);
  const byId = new Map([...maps()].map((map) => [map.id, map]));
  const targetOf = targets();
  return all.map((program) => {
    const ofProgram = (byProgram.get(program.id) ?? []).map((link) => ({
      ...link,
      pins: pinned.get(`link ${link.id}`) ?? [],
      owners: held.links.get(link.id) ?? [],
    }));
    return {
      ...program,
      kind: program.kind ?? kindByLink(program, ofProgram),
      attachTarget: targetOf(program, ofProgram),
      links: ofProgram,
      maps: program.mapIds.flatMap((id) => byId.get(id) ?? []),
      pins: pinned.get(`program ${program.id}`) ?? [],
      owners: held.programs.get(program.id) ?? [],
    };
  });
}

/** The attach type, which the kernel does not tell of a program, is that of its link. */
function kindByLink({ type }: ProgramInfo, ofProgram: readonly LinkInfo[]): ProgramKind | undefined {
  for (const link of ofProgram) {
    if (link.type === "perf_event" && link.target !== undefined && link.target.event !== "event")
      return link.target.event;
    if (link.type === "tcx" || link.type === "netkit") return link.type;
    if (link.type === "iter") return "iter";
    if (link.type !== "tracing") continue;
    const [name] = Object.entries(AttachType).find(([name]) => name.toLowerCase() === link.attachType) ?? [];
    const number = type === "lsm" ? ProgramType.LSM : ProgramType.TRACING;
    return name && kindOf(number, AttachType[name as keyof typeof AttachType]).kind;
  }
  return undefined;
}

/** Resolves BTF targets by name. */
function targets(): (program: ProgramInfo, links: readonly LinkInfo[]) => string | undefined {
  const names = new Map([...btfs()].map(({ id, name, kernel }) => [id, kernel ? name : undefined]));
  return ({ type, attachBtfObjectId, attachBtfId }, ofProgram) => {
    // Before Linux 6.0 only the link tells. That of freplace names a program.
    const link = type === "ext" ? undefined : ofProgram.find((link) => link.type === "tracing");
    const [object, id] = attachBtfId ? [attachBtfObjectId, attachBtfId] : [link?.targetObjectId, link?.targetBtfId];
    const module = object === undefined ? undefined : names.get(object);
    if (module === undefined || id === undefined) return undefined;
    try {
      const name = (module === "vmlinux" ? kernelBtf() : kernelBtf(module)).type(id).name;
      return name.replace(/^(btf_trace_|bpf_lsm_|bpf_iter_)/, "");
    } catch {
      return undefined; // The module was unloaded.
    }
  };
}
