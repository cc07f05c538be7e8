/** Pins everything of an object, so that it outlives the process. */
import { join } from "node:path";
import { BpfError } from "../errors";
import { Link } from "../link/link";
import type { BpfMap } from "../map/map";
import { boolean, checkArgument, checkOptions, filled, type Schema } from "../options";
import type { Program } from "../program/program";

/** Options of {@link BpfObject.pin}: what to pin. Default: all of it. */
export interface PinAllOptions {
  /** The maps, as DIR/maps/NAME. */
  maps?: boolean;
  /** The programs, as DIR/programs/NAME. */
  programs?: boolean;
  /** The links, as DIR/links/PROGRAM, so that what is attached stays attached. */
  links?: boolean;
}

const OPTIONS: Schema<PinAllOptions> = { maps: boolean, programs: boolean, links: boolean };

interface Everything {
  readonly name: string;
  readonly programs: readonly Program[];
  readonly maps: readonly BpfMap[];
  readonly links: readonly unknown[];
}

interface Pinnable {
  pin(path: string): void;
  unpin(path: string): void;
}

/** bpffs allows no dot in a name; libbpf's sanitize_pin_path() does the same. */
export const fileName = (name: string) => name.replaceAll(".", "_");

/** Each thing to pin, with its path below the folder. */
function pinnable(object: Everything, given: PinAllOptions): [path: string, item: Pinnable][] {
  const { maps = true, programs = true, links = true } = given;
  const found: [string, Pinnable][] = [];
  if (maps) for (const map of object.maps) found.push([join("maps", fileName(map.name)), map]);
  if (programs) for (const program of object.programs) found.push([join("programs", fileName(program.name)), program]);
  const count = new Map<string, number>();
  for (const link of links ? object.links : []) {
    if (!(link instanceof Link) || link.pinPath !== undefined) continue;
    const name = fileName(link.program ?? "link");
    const nth = (count.get(name) ?? 0) + 1;
    count.set(name, nth);
    found.push([join("links", nth === 1 ? name : `${name}_${nth}`), link]);
  }
  return found;
}

/** Pins all or nothing. Returns the paths. */
export function pinAll(object: Everything, folder: string, options: PinAllOptions | undefined): string[] {
  const callee = { name: "pin", of: `object ${object.name}`, details: { operation: "object.pin" as const } };
  checkArgument(callee, "folder", folder, filled);
  const wanted = pinnable(object, checkOptions(callee, options, OPTIONS));
  const done: [string, Pinnable][] = [];
  try {
    for (const [path, item] of wanted) {
      item.pin(join(folder, path));
      done.push([join(folder, path), item]);
    }
  } catch (error) {
    for (const [path, item] of done) item.unpin(path);
    if (!(error instanceof BpfError)) throw error;
    throw new BpfError("ERR_BPF_PIN", `object ${object.name} could not be pinned: ${error.message}`, {
      ...{ operation: "object.pin", cause: error },
      ...(error.errno !== undefined && { errno: error.errno }),
    });
  }
  return done.map(([path]) => path);
}
