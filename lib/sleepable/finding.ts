/** Helpers that create findings. */
import type { Finding, Input, ReasonCode, Source, Stage, Verdict } from "../verdict";

export interface More {
  source: Source | string;
  inputs?: readonly (Input | undefined)[];
  stage?: Stage;
  remedy?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

function finding(verdict: Verdict, reason: ReasonCode, message: string, more: More): Finding {
  const { source, inputs = [], stage = "load", remedy, since, until } = more;
  return {
    verdict,
    reason,
    stage,
    message,
    ...(remedy !== undefined && { remedy }),
    source: typeof source === "string" ? { file: source } : source,
    inputs: inputs.filter((input) => input !== undefined),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

type Make = (reason: ReasonCode, message: string, more: More) => Finding;

export const allowed: Make = (reason, message, more) => finding("allowed", reason, message, more);
export const refused: Make = (reason, message, more) => finding("refused", reason, message, more);
export const unsafe: Make = (reason, message, more) => finding("unsafe", reason, message, more);

const PROBE = "Probe it on such a kernel as root, or take its profile with node-libbpf profile --probe";

/** An `unknown` finding: `what` is the question, `why` the reason. */
export function undecided(what: string, why: string, more: More): Finding {
  return finding("unknown", "NOT_KNOWN", `${what}: ${why}`, { remedy: PROBE, ...more });
}
