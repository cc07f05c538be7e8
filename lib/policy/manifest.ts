/** What a version of a policy was made of. It is pinned with the version, as JSON in a map that nobody can change any more. */
import { fstatSync, statSync } from "node:fs";
import { digest } from "../btf/layouts";
import { codecs } from "../codec/codecs";
import { BpfError } from "../errors";
import { Link } from "../link/link";
import { createMap } from "../map/create";
import { openMap } from "../map/open";
import type { MapDigests } from "../object/map-digests";
import type { ObjectSpec } from "../object/object-spec";
import type { ProgramSpec } from "../program/program-spec";
import { type PolicyFolder, policyError, type Version } from "./folder";

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly maps: Readonly<Record<string, MapDigests>>;
  /** A digest of what each program is attached to, and how. */
  readonly programs: Readonly<Record<string, string>>;
  /** The maps whose state comes from the version before. */
  readonly migrated: readonly string[];
}

const FORMAT = 1;
const ONLY = 0;

/** @param attachOf attach options of a program; undefined for a program that is not attached */
export function describe(spec: ObjectSpec, attachOf: (name: string) => object | undefined) {
  const maps = Object.values(spec.maps).filter(({ autocreate }) => autocreate);
  const programs = Object.values(spec.programs).filter(({ autoload }) => autoload);
  return {
    maps: Object.fromEntries(maps.map((map) => [map.name, spec.digestsOf(map)])),
    programs: Object.fromEntries(programs.map((program) => [program.name, digestOf(program, attachOf(program.name))])),
  };
}

function digestOf(program: ProgramSpec, attach: object | undefined): string {
  const { section, type, attachType, attachTarget, sleepable, targetProgram } = program;
  const options = Object.entries({ ...attach, targetProgram }).sort(([a], [b]) => (a < b ? -1 : 1));
  const given = options.map(([name, value]) => [name, identified(name, value)]);
  return digest([section, type, attachType, attachTarget, sleepable, attach !== undefined, given]);
}

/** Options whose numbers are descriptors. */
const DESCRIPTORS: readonly string[] = ["cgroup", "netns", "device", "socket"];

/** A value that stays the same as long as it means the same: the file behind a path or descriptor, the id of a map. */
function identified(name: string, value: unknown): unknown {
  if (value instanceof Link) return value.info().id;
  if (typeof value === "object" && value !== null && "id" in value) return value.id;
  const isDescriptor = typeof value === "number" && DESCRIPTORS.includes(name);
  const isPath = typeof value === "string" && value.startsWith("/");
  if (!isDescriptor && !isPath) return value;
  const file = isPath ? statSync(value, { throwIfNoEntry: false }) : fstatSync(value as number);
  return [isPath && value, file?.dev, file?.ino];
}

export function writeManifest(path: string, manifest: Omit<Manifest, "format">): void {
  const bytes = Buffer.from(JSON.stringify({ format: FORMAT, ...manifest }));
  using map = createMap({ type: "array", valueSize: bytes.length, maxEntries: 1, name: "policy" });
  map.set(ONLY, bytes);
  map.freeze();
  map.pin(path);
}

/** @throws {@link BpfError} ERR_BPF_PIN if there is none, or it is of a newer version of this library */
export function readManifest(folder: PolicyFolder, version: Version): Manifest {
  const path = folder.manifestOf(version);
  try {
    using found = openMap(path, { type: "array", keySize: 4 });
    const { valueSize: size } = found;
    using map = openMap(path, { type: "array", value: codecs.bytes(size) });
    const manifest = JSON.parse(Buffer.from(map.get(ONLY) ?? "").toString()) as Manifest;
    if (manifest?.format === FORMAT) return manifest;
  } catch (cause) {
    if (!(cause instanceof BpfError || cause instanceof SyntaxError)) throw cause;
    throw policyError(folder.path, `${path} does not tell what is pinned there`, { hint: UNKNOWN, cause });
  }
  throw policyError(folder.path, `${path} is of another version of node-libbpf`, { hint: UNKNOWN });
}

const UNKNOWN = "To end what is pinned there, remove the folder";
