/** Puts an object in force: adopts what is the same, prepares what is not beside it, swaps the pins, and ends the old. */
import { setTimeout as sleep } from "node:timers/promises";
import { ArgumentError, isErrno } from "../errors";
import { attachesItself } from "../kinds";
import { openLink, UPDATABLE } from "../link/link";
import type { BpfMap } from "../map/map";
import { openMap } from "../map/open";
import { native } from "../native";
import type { LoadOptions } from "../object/load-options";
import type { BpfObject } from "../object/object";
import type { ObjectSpec } from "../object/object-spec";
import { attachOptions } from "../program/attach/attach";
import { openProgram } from "../program/open-program";
import type { Program } from "../program/program";
import { readInstructions } from "../program/program-info";
import { isDetached } from "../running/detach";
import type { PolicyFolder } from "./folder";
import { describe, type Manifest, readManifest, writeManifest } from "./manifest";
import { fateOf, type MapOutcome, type Migrate, moveState } from "./state";

/** What became of a program. */
export type ProgramOutcome =
  /** The pinned one is the same, and stays attached. */
  | "adopted"
  /** It is attached, or if it is not to be attached, pinned; there was none of this name. */
  | "added"
  /** It took the other's place in its link. */
  | "updated"
  /** It was attached before the other was detached. */
  | "replaced"
  /** This version has none of this name. */
  | "removed";

export interface Outcomes {
  readonly programs: Record<string, ProgramOutcome>;
  readonly maps: Record<string, MapOutcome>;
}

/** The options, for an object whose names the compiler does not know. */
export interface Given extends LoadOptions {
  readonly attach?: Readonly<Record<string, object>>;
  readonly migrate?: Migrations;
  readonly beforeAttach?: (object: BpfObject) => void | Promise<void>;
}

type Migrations = Readonly<Record<string, Migrate | "reset">>;

/** Attach options of a program; undefined for one that is not attached. */
type AttachOf = (name: string) => object | undefined;

/** Loads the object and puts it in force. After a failure before that, the version that was in force is. */
export async function putInForce(
  spec: ObjectSpec,
  place: PolicyFolder,
  { attach = {}, migrate = {}, beforeAttach = () => {}, ...load }: Given,
): Promise<{ object: BpfObject; outcomes: Outcomes }> {
  const attachOf = attachmentsOf(spec, attach);
  const now = describe(spec, attachOf);
  await finish(place, migrate);
  const was = place.has("current") ? pinnedOf(place, readManifest(place, "current")) : undefined;
  const maps: Record<string, MapOutcome> = {};
  for (const [name, digests] of Object.entries(now.maps))
    maps[name] = fateOf(place.path, spec.map(name), was?.maps[name], digests, migrate[name]);
  const object = await loadSharing(spec, place, maps, load);
  try {
    // The caller may have changed which map it reuses.
    for (const [name, outcome] of Object.entries(maps))
      if (outcome === "adopted" && place.mapId(name) !== object.maps[name]?.id) maps[name] = "reset";
    const programs = compare(object, place, attachOf, now, was);
    for (const name of Object.keys(was?.maps ?? {})) maps[name] ??= "removed";
    for (const name of Object.keys(was?.programs ?? {})) programs[name] ??= "removed";
    const outcomes = [...Object.values(programs), ...Object.values(maps)];
    if (was === undefined || outcomes.some((outcome) => outcome !== "adopted")) {
      const migrated = Object.keys(maps).filter((name) => maps[name] === "migrated");
      const setUp = async () => {
        if (was !== undefined) await moveState(place, ["current", "new"], [was, { ...now, migrated }], migrate);
        await beforeAttach(object);
      };
      await replace(object, place, programs, attachOf, { ...now, migrated }, setUp);
      await finish(place, migrate);
    } else await beforeAttach(object);
    return { object, outcomes: { programs, maps } };
  } catch (error) {
    object.close();
    throw error;
  }
}

/** What is left of the version in force, where others removed pins. */
function pinnedOf(place: PolicyFolder, { maps, programs, ...others }: Manifest): Manifest {
  const left = <T>(part: "maps" | "programs", of: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(of).filter(([name]) => place.hasPin("current", part, name)));
  return { ...others, maps: left("maps", maps), programs: left("programs", programs) };
}

/**
 * How each program is attached.
 *
 * @throws {@link ArgumentError} for options of a program that there is not, or if a program needs some
 */
function attachmentsOf(spec: ObjectSpec, options: Readonly<Record<string, object>>): AttachOf {
  for (const name of Object.keys(options)) spec.program(name);
  const found = new Map<string, object>();
  for (const { name, kind, autoload, autoattach } of Object.values(spec.programs)) {
    if (!autoload || !autoattach) continue;
    const given = options[name] ?? (attachesItself(kind) ? {} : undefined);
    if (given !== undefined) found.set(name, given);
    else if (kind in attachOptions) {
      const what = `adoptOrReplace: the section of program ${name} does not say where to attach it`;
      const hint = `Pass attach: { ${name}: … }, or set its autoattach to false`;
      throw new ArgumentError(what, { operation: "policy.adoptOrReplace", program: name, hint });
    }
  }
  return (name) => found.get(name);
}

/** Loads an object with the pinned maps that it adopts. */
async function loadSharing(
  spec: ObjectSpec,
  place: PolicyFolder,
  maps: Readonly<Record<string, MapOutcome>>,
  load: LoadOptions,
): Promise<BpfObject> {
  const shared = Object.keys(maps).filter((name) => maps[name] === "adopted");
  const adopting = shared.map((name) => spec.map(name)).filter((map) => (map.pinPath ?? map.reuse) === undefined);
  const pinned: BpfMap[] = [];
  try {
    for (const map of adopting) {
      const found = openMap(place.in("current", "maps", map.name));
      pinned.push(found);
      map.adopt(found);
    }
    return await spec.load(load);
  } finally {
    for (const map of adopting) map.adopt(undefined);
    for (const map of pinned) map.close();
  }
}

/** What becomes of each program. */
function compare(
  object: BpfObject,
  place: PolicyFolder,
  attachOf: AttachOf,
  now: Pick<Manifest, "programs">,
  was: Manifest | undefined,
): Record<string, ProgramOutcome> {
  return Object.fromEntries(
    Object.entries(now.programs).map(([name, digest]) => {
      if (was?.programs[name] === undefined) return [name, "added"];
      if (was.programs[name] !== digest) return [name, "replaced"];
      using pinned = openProgram(place.in("current", "programs", name));
      const isSame = areSame(pinned, object.program(name));
      if (attachOf(name) === undefined) return [name, isSame ? "adopted" : "replaced"];
      if (!place.hasPin("current", "links", name)) return [name, "replaced"];
      using link = openLink(place.in("current", "links", name));
      const info = link.info();
      if (isDetached(info)) return [name, "replaced"];
      if (isSame && info.programId === pinned.id) return [name, "adopted"];
      return [name, UPDATABLE.has(info.type) ? "updated" : "replaced"];
    }),
  );
}

/** Whether two programs have the same instructions on the same maps. The kernel may hide them: then it is not known. */
function areSame(a: Program, b: Program): boolean {
  const [one, other] = [a, b].map(({ fd }) => {
    const found = readInstructions((bytes, buffers) => native.infoOfFd(fd, bytes, buffers));
    return typeof found === "number" ? undefined : found.xlated;
  });
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

/** Attaches and pins the new version beside the old one, and swaps their pins. A failure takes all back. */
async function replace(
  object: BpfObject,
  place: PolicyFolder,
  outcomes: Readonly<Record<string, ProgramOutcome>>,
  attachOf: AttachOf,
  now: Omit<Manifest, "format">,
  setUp: () => Promise<void>,
): Promise<void> {
  const programs = Object.keys(now.programs).map((name) => object.program(name));
  const takeBack: (() => void)[] = [];
  place.make();
  try {
    writeManifest(place.manifestOf("new"), now);
    for (const name of Object.keys(now.maps)) object.maps[name]?.pin(place.in("new", "maps", name));
    await setUp();
    for (const program of programs) {
      if (outcomes[program.name] === "adopted") place.keep("programs", program.name);
      else program.pin(place.in("new", "programs", program.name));
    }
    for (const program of programs) {
      const { name } = program;
      const options = attachOf(name);
      if (options === undefined) continue;
      if (outcomes[name] === "adopted" || outcomes[name] === "updated") place.keep("links", name);
      else {
        using link = program.attach(options);
        link.pin(place.in("new", "links", name));
      }
    }
    for (const program of programs) if (outcomes[program.name] === "updated") takeBack.push(update(program, place));
    place.swap();
  } catch (error) {
    for (const each of takeBack.reverse()) each();
    place.takeBack();
    throw error;
  }
}

/** Puts a program into the pinned link of its name. Returns what takes it back. */
function update(program: Program, place: PolicyFolder): () => void {
  using link = openLink(place.in("new", "links", program.name));
  link.update(program);
  return () => {
    using link = openLink(place.in("new", "links", program.name));
    using former = openProgram(place.in("current", "programs", program.name));
    link.update(former);
  };
}

/** Ends the old version: detaches what the current one does not keep, moves the last of its state, and removes its pins. */
async function finish(place: PolicyFolder, migrate: Migrations): Promise<void> {
  if (!place.has("old")) return;
  const kept = place.linkIds("current");
  const ended = place.linkIds("old").filter((id) => !kept.includes(id));
  place.removeLinks("old");
  // It is removed last.
  if (place.hasManifest("old")) {
    const [was, now] = [readManifest(place, "old"), readManifest(place, "current")];
    if (now.migrated.length > 0) await detached(ended);
    await moveState(place, ["old", "current"], [was, now], migrate);
  }
  place.remove("old");
}

const PATIENCE_MS = 2000;
const PAUSE_MS = 10;

/** The kernel detaches a link some time after its last pin is gone. Needs CAP_SYS_ADMIN to know when. */
async function detached(ids: readonly number[]): Promise<void> {
  const isThere = (id: number) => !isErrno(native.infoOfId("link", id, new Uint8Array(16), []), "ENOENT");
  for (let waited = 0; ids.some(isThere) && waited < PATIENCE_MS; waited += PAUSE_MS) await sleep(PAUSE_MS);
}
