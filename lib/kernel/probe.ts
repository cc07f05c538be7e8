/**
 * Probes the running kernel: one BPF_PROG_LOAD of `r0 = 0; exit` with BPF_F_SLEEPABLE and the attach target. Nothing is
 * attached, and the program is freed before the call returns.
 */

import { BtfKind } from "../btf/btf-kinds";
import { vmlinuxBtf } from "../btf/kernel-btf";
import { Flag } from "../constants";
import { errnoName } from "../errors";
import { KINDS, kindRow, kindsWhere, type ProbedKind } from "../kinds";
import { withProperties } from "../lazy";
import { native, type ProbeAnswer, type ProbeRequest } from "../native";
import { orWithToken } from "../native/token";
import { given, known } from "./fact";
import type { KernelFacts, ProbeResults } from "./kernel-facts";
import { ofRunning } from "./running-kernel";

/** Kinds whose targets can be probed by loading alone. */
export const PROBED_KINDS = kindsWhere(({ probed }) => probed) as readonly ProbedKind[];

export function isProbed(kind: string): kind is ProbedKind {
  return kindRow(kind)?.probed === true;
}

/** Cached answers. They are constant while the kernel runs. */
const results = new Map<string, boolean>();
const ids = new Map<string, ReadonlyMap<string, number>>();

/**
 * Whether the running kernel accepts a sleepable program of a kind for a target; undefined if the result is
 * inconclusive, such as EPERM or a lack of memory.
 */
export function probe(kind: ProbedKind, target: string): boolean | undefined {
  const key = `${kind}/${target}`;
  const known = results.get(key);
  if (known !== undefined) return known;
  const answer = tryTarget(kind, target);
  if (answer !== undefined) results.set(key, answer);
  return answer;
}

/** What the kernel answers to a program that does nothing, or that makes one call. */
export function tryProgram(request: Pick<ProbeRequest, "type"> & Partial<ProbeRequest>): ProbeAnswer {
  const rest = { attachType: 0, flags: 0, btfId: 0, helper: 0, kfunc: 0, link: false };
  return orWithToken(
    (token) => native.probeLoad({ ...rest, ...request, token }),
    ({ status }) => status,
  );
}

/** The kernel's result: 0 or -errno, and the verifier's log; undefined if its BTF has no such target. */
export function tryLoad(probed: ProbedKind, target: string): ProbeAnswer | undefined {
  const { types, attachType, target: of } = KINDS[probed];
  const id = idsOf(BtfKind[of.btf.kind], of.btf.prefix).get(of.btf.prefix + target);
  // Targets in a module's BTF are left to load().
  return id === undefined ? undefined : tryProgram({ type: types[0], attachType, flags: Flag.SLEEPABLE, btfId: id });
}

function tryTarget(kind: ProbedKind, target: string): boolean | undefined {
  const status = tryLoad(kind, target)?.status;
  if (status === undefined) return undefined;
  if (status === 0) return true;
  return REFUSALS.includes(errnoName(status)) ? false : undefined;
}

/** Errnos that concern the program. All others concern the process or the machine. */
const REFUSALS: readonly string[] = ["EINVAL", "ENOENT", "EOPNOTSUPP", "ENOTSUPP"];

/** The first id of each name, as libbpf finds it. */
function idsOf(kind: number, prefix: string): ReadonlyMap<string, number> {
  const key = `${kind} ${prefix}`;
  const found = ids.get(key);
  if (found !== undefined) return found;
  const map = new Map<string, number>();
  vmlinuxBtf().scan({ [kind]: prefix }, (_, name, id) => {
    if (!map.has(name)) map.set(name, id);
  });
  ids.set(key, map);
  return map;
}

/** The facts with the kernel's answers about targets added to `measured`; the same object if there are none. */
export function withProbeResults(kernel: KernelFacts, targets: Iterable<readonly [ProbedKind, string]>): KernelFacts {
  const before = given(kernel.probed) ?? {};
  const measured: ProbeResults = { ...before };
  const all = Array.from(targets);
  let count = 0;
  for (const kind of PROBED_KINDS) {
    const wanted = all.filter((target) => target[0] === kind);
    const answered = wanted.map(([, target]) => [target, probe(kind, target)] as const);
    const probed = new Set(answered.filter(([, answer]) => answer !== undefined).map(([target]) => target));
    if (probed.size === 0) continue;
    count += probed.size;
    const merge = (list: readonly string[] | undefined, wanted: boolean) => [
      ...(list ?? []).filter((target) => !probed.has(target)),
      ...new Set(answered.filter(([, answer]) => answer === wanted).map(([target]) => target)),
    ];
    measured[kind] = { accepted: merge(before[kind]?.accepted, true), refused: merge(before[kind]?.refused, false) };
  }
  if (count === 0) return kernel;
  return ofRunning(withProperties(kernel, { probed: known(measured, "asked this kernel (BPF_PROG_LOAD)") }));
}
