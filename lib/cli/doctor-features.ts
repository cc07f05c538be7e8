/** node-libbpf doctor --features: what the running kernel offers. */
import { HELPERS } from "../helpers";
import { ATTACH_TYPES, features, MAP_FLAG_NAMES } from "../kernel/features";
import type { Feature } from "../kernel/probe-answers";
import { kernelFacts } from "../kernel/running-kernel";
import { type MapTypeName, mapTypes } from "../map-types";
import { type ProgramTypeName, programTypeNames } from "../program-types";
import { KFUNC_NAMES } from "../sleepable/calls-measured";
import { HOST, summary } from "./kernel-options";
import { type Cell, document, printable, type Style, styled, table } from "./table";

const STYLES: Readonly<Record<Feature["supported"], Style>> = { yes: "green", no: "yellow", unknown: "cyan" };

/** The answers by name, and the helpers and kernel functions that programs of each type can call. */
function ask() {
  const answers = <T extends string>(names: readonly T[], feature: (name: T) => Feature) =>
    Object.fromEntries(names.map((name) => [name, feature(name)]));
  const programs = answers(programTypeNames, features.program);
  const calls = (names: readonly string[], ask: (name: string, type: ProgramTypeName) => Feature) =>
    Object.fromEntries(
      programTypeNames.map((type) => {
        const all = programs[type]?.supported === "no" ? [] : names;
        const those = (wanted: Feature["supported"]) => all.filter((name) => ask(name, type).supported === wanted);
        return [type, { yes: those("yes"), unknown: those("unknown") }];
      }),
    );
  return {
    programs,
    maps: answers(Object.keys(mapTypes) as MapTypeName[], features.map),
    attachTypes: answers(ATTACH_TYPES, features.attachType),
    mapFlags: answers(MAP_FLAG_NAMES, features.mapFlag),
    helpers: calls(HELPERS.slice(1), features.helper),
    kfuncs: calls(KFUNC_NAMES, features.kfunc),
  };
}

/** @returns the exit status: 0, or 3 if the kernel told nothing, for example because of a missing privilege */
export function printFeatures({ json }: { json?: true }): number {
  const found = ask();
  process.stdout.write(
    json ? document({ kernel: summary({ name: HOST, facts: kernelFacts() }), features: found }) : text(found),
  );
  return Object.values(found.programs).every(({ supported }) => supported === "unknown") ? 3 : 0;
}

function text({ programs, maps, attachTypes, mapFlags, helpers, kfuncs }: ReturnType<typeof ask>): string {
  const count = (what: string, { yes, unknown }: { yes: string[]; unknown: string[] } = { yes: [], unknown: [] }) =>
    `${yes.length} ${what}${unknown.length === 0 ? "" : ` (${unknown.length} unknown)`}`;
  const counted = (type: string) => `${count("helpers", helpers[type])}, ${count("kfuncs", kfuncs[type])}`;
  return [
    section("Program types", programs, counted),
    section("Map types", maps),
    section("Attach types", attachTypes),
    section("Map flags", mapFlags),
  ].join("\n");
}

function section(title: string, found: Readonly<Record<string, Feature>>, more?: (name: string) => string): string {
  const rows = Object.entries(found).map(([name, { supported, reason }]): Cell[] => [
    { text: `  ${name}` },
    { text: supported, style: STYLES[supported] },
    ...(more === undefined ? [] : [{ text: more(name) }]),
    { text: printable(reason), style: "dim" },
  ]);
  return `${styled({ text: title, style: "bold" })}\n${table(rows)}`;
}
