/**
 * The capabilities that operations need, as kernels were seen to ask for them. The table, privileges-measured.ts, was made by
 * dropping one capability after the other: test/kernel/privilege.ts.
 */
import { seriesNumber } from "../compare-versions";
import { AttachType, ProgramType } from "../constants";
import { mechanismOf } from "../kinds";
import { programTypeName } from "../program-types";
import { ROWS, UNPRIVILEGED, VERSIONS } from "./privileges-measured";

/** A capability, as linux/capability.h calls it. */
export type Capability = `CAP_${string}`;

/** What an operation needs. */
export interface Needs {
  /** The smallest set of capabilities with which it works. */
  readonly needs: readonly Capability[];
  /** Those of them that CAP_SYS_ADMIN does not stand for. */
  readonly besidesAdmin: readonly Capability[];
}

/** What a row of the table says: "BPF NET_ADMIN", or "BPF NET_ADMIN / NET_ADMIN" with what CAP_SYS_ADMIN lacks. */
function parsed(text: string): Needs {
  const [needs = [], besidesAdmin = []] = text.split("/").map((names) =>
    names
      .split(" ")
      .filter(Boolean)
      .map((name): Capability => `CAP_${name}`),
  );
  return { needs, besidesAdmin };
}

/** The inverse of {@link parsed}. */
export function textOf({ needs, besidesAdmin }: Needs): string {
  const names = (all: readonly Capability[]) => all.map((name) => name.replace("CAP_", "")).join(" ");
  return besidesAdmin.length === 0 ? names(needs) : `${names(needs)} / ${names(besidesAdmin)}`;
}

/** A kernel's needs; its version is that of the table. */
export interface NeedsOf extends Needs {
  readonly version: string;
}

/** A kernel, and whether its sysctl kernel.unprivileged_bpf_disabled is 0. */
interface Asked {
  readonly release: string;
  readonly unprivileged: boolean;
}

/**
 * What the table says of an operation on a kernel: that of its series; for one in between, of the two beside it, or of one
 * where both say the same; beyond, of the nearest. Nothing for an operation that is not in the table.
 */
export function neededBy(row: string, { release, unprivileged }: Asked): NeedsOf[] {
  const cells = ROWS[row] ?? ROWS[leastOf(row)] ?? [];
  const other = unprivileged ? (UNPRIVILEGED[row] ?? []) : [];
  const told = VERSIONS.flatMap((version, index) => {
    const text = other[index] ?? cells[index];
    return text == null ? [] : { version, text };
  });
  const series = seriesNumber(release);
  const older = told.findLast(({ version }) => seriesNumber(version) <= series);
  const newer = told.find(({ version }) => seriesNumber(version) >= series);
  const [one = newer, next = one] = [older, newer];
  if (one === undefined || next === undefined) return [];
  return (one.text === next.text ? [one] : [one, next]).map(({ version, text }) => ({ version, ...parsed(text) }));
}

/** For a type that is newer than the table: what the least of its sort needs. */
function leastOf(row: string): string {
  return row.startsWith("load ") ? "load socket_filter" : row.startsWith("create ") ? "create array" : "";
}

/** The row of a load. `ofProgram`: it traces a program, whose BTF libbpf reads by its id. */
export function loadRow(type: number, ofProgram = false): string {
  const name = programTypeName(type) ?? `type ${type}`;
  return ofProgram && type === ProgramType.TRACING ? `load ${name} for a program` : `load ${name}`;
}

/**
 * The row of an attachment: kinds that are attached in the same way need the same. But who attaches a cgroup's program of
 * packets needs what others need to load one (bpf_prog_attach_check_attach_type() in kernel/bpf/syscall.c).
 */
export function attachRow(kind: string, attachType: number): string {
  const way = mechanismOf(kind);
  const isOfPackets = attachType === AttachType.CGROUP_INET_INGRESS || attachType === AttachType.CGROUP_INET_EGRESS;
  if (way === "usdt") return "attach uprobe";
  return `attach ${way === "cgroup" && isOfPackets ? "cgroup_skb" : way}`;
}
