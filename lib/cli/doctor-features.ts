/** node-libbpf doctor --features: what the running kernel offers. */
import { HELPERS } from "../helpers";
import { ATTACH_TYPES, features, MAP_FLAG_NAMES } from "../kernel/features";
import type { Feature } from "../kernel/probe-answers";
import { kernelFacts } from "../kernel/running-kernel";
import { type MapTypeName, mapTypes } from "../map-types";
import { programTypeNames } from "../program-types";
import { HOST, summary } from "./kernel-options";
import { type Cell, document, printable, type Style, styled, table } from "./table";

const STYLES: Readonly<Record<Feature["supported"], Style>> = { yes: "green", no: "yellow", unknown: "cyan" };

/** The answers by name, and the helpers that programs of each type can call. */
function ask() {
  const answers = <T extends string>(names: readonly T[], feature: (name: T) => Feature) =>
    Object.fromEntries(names.map((name) => [name, feature(name)]));
  const programs = answers(programTypeNames, features.program);
  const helpers = programTypeNames.map((type) => {
    const all = programs[type]?.supported === "no" ? [] : HELPERS.slice(1);
    const those = (wanted: Feature["supported"]) =>
      all.filter((name) => features.helper(name, type).supported === wanted);
    return [type, { yes: those("yes"), unknown: those("unknown") }] as const;
  });
  return {
    programs,
    maps: answers(Object.keys(mapTypes) as MapTypeName[], features.map),
    attachTypes: answers(ATTACH_TYPES, features.attachType),
    mapFlags: answers(MAP_FLAG_NAMES, features.mapFlag),
    helpers: Object.fromEntries(helpers),
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

function text({ programs, maps, attachTypes, mapFlags, helpers }: ReturnType<typeof ask>): string {
  const counted = (type: string) => {
    const { yes = [], unknown = [] } = helpers[type] ?? {};
    return `${yes.length} helpers${unknown.length === 0 ? "" : `, ${unknown.length} unknown`}`;
  };
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
