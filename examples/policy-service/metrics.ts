/** Metrics for Prometheus. The kernel's counters are read at each request and not kept a second time. */
import { release } from "node:os";
import { libbpf } from "node-libbpf";
import { Counter, Gauge, Registry } from "prom-client";
import type { Policy } from "./policy";
import { HOOKS } from "./rules";

/** Decisions that came from the kernel and were dropped later. */
export interface Outlets {
  readonly streams: { readonly size: number; readonly dropped: number };
  readonly file?: { readonly dropped: number } | undefined;
  readonly sink?: { readonly dropped: number } | undefined;
}

export function metricsOf(policy: Policy, { streams, file, sink }: Outlets): Registry {
  const registry = new Registry();
  const registers = [registry];

  /** A counter whose value is read from elsewhere. */
  const counter = <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    read: () => [Record<L, string>, number][],
  ) =>
    new Counter({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    read: () => [Record<L, string>, number][],
  ) =>
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });

  gauge("policy_build_info", "Always 1; the labels have the versions", ["policy", "libbpf", "node", "kernel"], () => [
    [{ policy: policy.version, libbpf: libbpf.version, node: process.version, kernel: release() }, 1],
  ]);
  counter("policy_decisions_total", "Decisions, by hook and verdict", ["hook", "verdict"], () =>
    policy.counts().flatMap(({ hook, allowed, denied, wouldDeny }) => [
      [{ hook, verdict: "allowed" }, Number(allowed)],
      [{ hook, verdict: "denied" }, Number(denied)],
      [{ hook, verdict: "would-deny" }, Number(wouldDeny)],
    ]),
  );
  counter("policy_unresolved_total", "Decisions that depended on a path that could not be resolved", ["hook"], () =>
    policy.counts().map(({ hook, unresolved }) => [{ hook }, Number(unresolved)]),
  );
  counter("policy_lost_total", "Decisions that were not reported", ["at"], () => [
    [{ at: "ring" }, Number(policy.lost)],
    [{ at: "file" }, file?.dropped ?? 0],
    [{ at: "sink" }, sink?.dropped ?? 0],
  ]);
  counter(
    "policy_streams_dropped_total",
    "Readers of /decisions that were disconnected because they were too slow",
    [],
    () => [[{}, streams.dropped]],
  );
  gauge("policy_streams", "Readers of /decisions", [], () => [[{}, streams.size]]);
  gauge("policy_generation", "Number of changes of the rules", [], () => [[{}, Number(policy.generation)]]);
  gauge("policy_rules", "Rules in force, by hook", ["hook"], () =>
    HOOKS.map((hook) => [{ hook }, policy.rules.rules.filter(({ hooks }) => hooks.includes(hook)).length]),
  );
  gauge("policy_enforcing", "1 if the policy denies, 0 if it only observes", [], () => [
    [{}, Number(policy.rules.mode === "enforce")],
  ]);
  return registry;
}
