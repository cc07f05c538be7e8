/** Attaches programs: each kind by its mechanism. */
import { release } from "node:os";
import { isSince } from "../../compare-versions";
import { AttachError, type BpfError, type ErrorDetails, errnoName, isErrno } from "../../errors";
import type { Refused } from "../../kernel/permission";
import { permissionError } from "../../kernel/refusal";
import {
  ATTACH,
  type AttachRow,
  type KINDS,
  kindRow,
  kindsWhere,
  mechanismOf,
  type ProgramKind,
  type ProgramKindName,
  usesTrampoline,
} from "../../kinds";
import { Link } from "../../link/link";
import { native, type Outcome } from "../../native";
import { causeOf } from "../../native/libbpf-messages";
import { deliver, warnings } from "../../native/log";
import { checkOptions, type Schema } from "../../options";
import { explain, explained } from "../../sleepable/explain";
import type { AnchorOptions } from "./anchors";
import { type CgroupAttachOptions, cgroup, type LsmCgroupAttachOptions, lsmCgroup } from "./cgroup";
import { attachHint } from "./hint";
import { type IterAttachOptions, iter } from "./iter";
import { type Attachable, type Attached, about, type Mechanism, type Mechanisms, type Place } from "./mechanism";
import * as network from "./network";
import * as probes from "./probes";
import * as tracing from "./tracing";
import { type TracingMultiAttachOptions, tracingMulti } from "./tracing-multi";

/** The options of each mechanism. */
interface OptionsOf {
  trampoline: tracing.TracingAttachOptions;
  trampoline_multi: TracingMultiAttachOptions;
  lsm: tracing.LsmAttachOptions;
  btf_tracepoint: tracing.TracingAttachOptions;
  raw_tracepoint: tracing.RawTracepointAttachOptions;
  tracepoint: tracing.TracepointAttachOptions;
  freplace: tracing.FreplaceAttachOptions;
  iter: IterAttachOptions;
  kprobe: probes.KprobeAttachOptions;
  kretprobe: probes.KprobeAttachOptions;
  ksyscall: probes.KsyscallAttachOptions;
  kprobe_multi: probes.KprobeMultiAttachOptions;
  uprobe: probes.UprobeAttachOptions;
  uretprobe: probes.UprobeAttachOptions;
  uprobe_multi: probes.UprobeMultiAttachOptions;
  usdt: probes.UsdtAttachOptions;
  perf_event: probes.PerfEventAttachOptions;
  lsm_cgroup: LsmCgroupAttachOptions;
  cgroup: CgroupAttachOptions;
  xdp: network.XdpAttachOptions;
  tcx: network.TcxAttachOptions;
  netkit: network.NetkitAttachOptions;
  tc: network.TcAttachOptions;
  netns: network.NetnsAttachOptions;
  sockmap: network.SockmapAttachOptions;
  netfilter: network.NetfilterAttachOptions;
  socket: network.SocketAttachOptions;
  reuseport: network.SocketAttachOptions;
  lirc: network.LircAttachOptions;
  struct_ops: NoOptions;
  run: NoOptions;
  route: NoOptions;
  action: NoOptions;
  other: NoOptions;
}

/** Options for a kind that has none. */
type NoOptions = Record<string, never>;

/** All options of all kinds, for a program whose kind the compiler does not know. */
export interface AttachOptions
  extends tracing.LsmAttachOptions,
    tracing.RawTracepointAttachOptions,
    tracing.FreplaceAttachOptions,
    IterAttachOptions,
    probes.KprobeMultiAttachOptions,
    probes.UprobeAttachOptions,
    probes.UprobeMultiAttachOptions,
    probes.UsdtAttachOptions,
    probes.PerfEventAttachOptions,
    Omit<CgroupAttachOptions, keyof AnchorOptions>,
    network.XdpAttachOptions,
    network.TcxAttachOptions,
    network.NetkitAttachOptions,
    Omit<network.TcAttachOptions, "priority">,
    network.NetnsAttachOptions,
    network.SockmapAttachOptions,
    network.NetfilterAttachOptions,
    network.SocketAttachOptions,
    network.LircAttachOptions {}

const none: Mechanism<NoOptions> = {
  schema: {},
  attach(program) {
    const hint = (ATTACH[mechanismOf(program.kind)] as AttachRow).instead;
    throw new AttachError(
      "ERR_BPF_ATTACH",
      `program ${program.name} (${program.section}) is not attached by attach(): ${program.kind} programs run another way`,
      { ...about(program), ...(hint !== undefined && { hint }) },
    );
  },
};

const mechanisms: Mechanisms<OptionsOf> = {
  trampoline: tracing.trampoline,
  trampoline_multi: tracingMulti,
  lsm: tracing.lsm,
  btf_tracepoint: tracing.btfTracepoint,
  raw_tracepoint: tracing.rawTracepoint,
  tracepoint: tracing.tracepoint,
  freplace: tracing.freplace,
  iter,
  kprobe: probes.kprobe,
  kretprobe: probes.kprobe,
  ksyscall: probes.ksyscall,
  kprobe_multi: probes.kprobeMulti,
  uprobe: probes.uprobe,
  uretprobe: probes.uprobe,
  uprobe_multi: probes.uprobeMulti,
  usdt: probes.usdt,
  perf_event: probes.perfEvent,
  lsm_cgroup: lsmCgroup,
  cgroup,
  xdp: network.xdp,
  tcx: network.tcx,
  netkit: network.netkit,
  tc: network.tc,
  netns: network.netns,
  sockmap: network.sockmap,
  netfilter: network.netfilter,
  socket: network.socket(false),
  reuseport: network.socket(true),
  lirc: network.lirc,
  struct_ops: none,
  run: none,
  route: none,
  action: none,
  other: { schema: {}, attach: (_, { handle, index }) => native.attachAuto(handle, index) },
};

function mechanism(kind: string): Mechanism<AttachOptions> {
  return mechanisms[mechanismOf(kind)] as unknown as Mechanism<AttachOptions>;
}

type KindWithOptions = {
  [K in ProgramKindName]: OptionsOf[(typeof KINDS)[K]["attach"]] extends NoOptions ? never : K;
}[ProgramKindName];

/** The names of the options of {@link Program.attach}, for each kind that has any. */
export const attachOptions = Object.fromEntries(
  kindsWhere(() => true)
    .map((kind) => [kind, Object.keys(mechanism(kind).schema)] as const)
    .filter(([, names]) => names.length > 0),
) as unknown as {
  readonly [K in KindWithOptions]: readonly (keyof OptionsOf[(typeof KINDS)[K]["attach"]])[];
};

/**
 * The attach options of programs of one kind; all options if this library or the compiler does not know the kind.
 *
 * An indexed type instead of a conditional type, so that a Program of one kind is assignable to Program.
 */
export type AttachOptionsFor<K extends ProgramKind> = {
  [N in ProgramKind | ProgramKindName]: N extends ProgramKindName
    ? OptionsOf[(typeof KINDS)[N]["attach"]]
    : AttachOptions;
}[K];

/** Checks the options against those of the program's kind. */
export function checkedAttachOptions(program: Attachable, options: AttachOptions | undefined): AttachOptions {
  const { name, section, kind } = program;
  const callee = {
    name: "attach",
    of: `program ${name} (${section})`,
    has: `a ${kind} program`,
    details: about(program),
  };
  return checkOptions(callee, options, mechanism(kind).schema as Schema<AttachOptions>);
}

/** @param given {@link checkedAttachOptions} */
export function attachProgram(program: Attachable, place: Place, given: AttachOptions): Link {
  const { attach, ignored = [] } = mechanism(program.kind);
  const lacking = newOption(program.kind, given, ignored);
  if (lacking !== undefined) throw notSupported(whatOf(program, given), lacking, about(program));
  const attached = attach(program, place, given);
  try {
    if (place.opened && isErrno(attached.status, "EBADF") && isOutcome(attached)) throw needsObject(program);
    if (attached.status < 0) throw attachError(program, attached, given);
    const linkless = "linkless" in attached ? attached.linkless : undefined;
    return new Link(attached.status, {
      program: program.name,
      lifetime: place.lifetime,
      linkless,
      ...(linkless !== undefined && { detaching: refusal(program, "EPERM") }),
      records: place.records,
    });
  } finally {
    if (isOutcome(attached)) deliver(attached, place.lifetime.onLog);
  }
}

/** For what only libbpf attaches, and only as a part of its object. */
function needsObject(program: Attachable): AttachError {
  const isKnown = kindRow(program.kind) !== undefined;
  const why = isKnown
    ? `libbpf attaches ${program.kind} programs only as a part of their object`
    : `the kernel tells that it is a ${program.kind} program, not of which kind`;
  return new AttachError("ERR_BPF_ATTACH", `program ${program.name} could not be attached: ${why}`, {
    ...about(program),
    hint: isKnown
      ? "Load and attach its object"
      : 'Pass its section when you open it: { section: "fentry/do_unlinkat" }',
  });
}

function isOutcome(attached: Attached): attached is Outcome {
  return "messages" in attached;
}

/** What this kernel lacks, and the first release that has it. */
interface Lacking {
  readonly needs: string;
  readonly since: string;
}

/** The first of these options that this kernel lacks. */
function newOption(kind: string, given: AttachOptions, names: readonly string[]): Lacking | undefined {
  const since = mechanism(kind).since ?? {};
  for (const name of names as (keyof AttachOptions)[]) {
    const value = given[name];
    if (value === undefined) continue;
    const known = since[name] as string | ((value: unknown) => string | undefined) | undefined;
    const ofValue = typeof known === "function";
    const first = ofValue ? known(value) : known;
    if (first !== undefined && !isSince(release(), first))
      return { needs: `the attach option ${name}${ofValue ? `: ${JSON.stringify(value)}` : ""} needs`, since: first };
  }
  return undefined;
}

/** An option that this kernel lacks, or the kind itself. */
function tooNew({ kind }: Attachable, given: AttachOptions): Lacking | undefined {
  const row = kindRow(kind);
  const isNew = row !== undefined && !isSince(release(), row.since);
  const lacking = newOption(kind, given, Object.keys(given));
  return lacking ?? (isNew ? { needs: `${kind} programs need`, since: row.since } : undefined);
}

/** The errnos of a kernel that does not know what it is asked for. */
const UNKNOWN = ["EINVAL", "EOPNOTSUPP", "ENOTSUPP", "E2BIG", "EBADF"];

const placeOf = (program: Attachable, given: AttachOptions) => mechanism(program.kind).target?.(program, given);

function whatOf(program: Attachable, given: AttachOptions): string {
  const place = placeOf(program, given);
  return `program ${program.name} (${program.section}) could not be attached${place ? ` to ${place}` : ""}`;
}

function notSupported(what: string, { needs, since }: Lacking, details: ErrorDetails): AttachError {
  const { errno } = details;
  return new AttachError(
    "ERR_BPF_NOT_SUPPORTED",
    `${what}: ${needs} Linux ${since}; this is ${release()}${errno === undefined ? "" : ` (${errno})`}`,
    { ...details, hint: `Require Linux ${since} or newer` },
  );
}

/** What the kernel refused, for the explanation by its needs. */
function refusal({ kind, attachType }: Attachable, errno: string): Refused {
  return { operation: "attach", kind, attachType, errno, trampoline: usesTrampoline(kind) };
}

function attachError(program: Attachable, outcome: Attached, given: AttachOptions): BpfError {
  const errno = errnoName(outcome.status);
  const place = placeOf(program, given);
  const target = place ?? given.function ?? given.target ?? program.attachTarget ?? "";
  const details = { ...about(program), ...(place && { target: place }), errno };
  const what = whatOf(program, given);
  // For an iterator, EACCES means that the map's keys or values are smaller than what the program reads
  // (bpf_iter_attach_map()).
  const isOfMap = program.kind === "iter" && isErrno(outcome.status, "EACCES");
  if (isErrno(outcome.status, "EPERM") || (isErrno(outcome.status, "EACCES") && !isOfMap)) {
    return permissionError(what, refusal(program, errno), details);
  }
  const lacking = UNKNOWN.includes(errno) ? tooNew(program, given) : undefined;
  if (lacking !== undefined) return notSupported(what, lacking, details);
  const { kind, section, sleepable, attachTarget } = program;
  const why = explain({
    ...{ errno, log: [], stage: "attach" },
    program: { kind, section, sleepable, ...(attachTarget !== undefined && { target: attachTarget }) },
  });
  const texts = isOutcome(outcome) ? warnings(outcome) : [];
  const words = causeOf(texts)?.words;
  return new AttachError("ERR_BPF_ATTACH", `${what}${words ? `: ${words}` : ""} (${errno})`, {
    ...details,
    // What the kernel's rules say goes before what else an errno may mean.
    ...explained(why, why?.remedy === undefined ? attachHint(kind, target, errno, texts) : undefined),
  });
}
