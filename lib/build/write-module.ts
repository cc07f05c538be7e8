/** The TypeScript of an object, in the file that it goes to. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { U64 } from "../codec/plan";
import { generateModule } from "../gen/module";

/** Options of {@link moduleFor}. */
export interface ModuleOptions {
  /** The object's bytes become part of the module. */
  embed?: boolean | undefined;
  /** "esm" or "cjs"; by default what the nearest package.json says of the file. */
  module?: "esm" | "cjs" | undefined;
  /** Types of ring buffers' records, by the map's name. */
  events?: Readonly<Record<string, string>> | undefined;
  /** What 64-bit integers are; by default "bigint". */
  u64?: U64 | undefined;
  /** Where the module will find the object, from its own folder; by default where it is now. */
  path?: string | undefined;
}

/**
 * The module for an object.
 *
 * @param object where the object is, or will be
 * @param target where the module will be
 * @throws what {@link generateModule} does
 */
export function moduleFor(bytes: Uint8Array, object: string, target: string, options: ModuleOptions): string {
  const { embed = false, module = moduleKind(target), events = {}, u64, path = pathBetween(target, object) } = options;
  return generateModule(bytes, { fileName: basename(object), path: embed ? undefined : path, module, events, u64 });
}

function pathBetween(target: string, object: string): string {
  return relative(dirname(resolve(target)), resolve(object))
    .split(sep)
    .join("/");
}

/** As Node and TypeScript see it: by the extension, then by the nearest package.json. */
function moduleKind(target: string): "esm" | "cjs" {
  if (/\.[mc]ts$/.test(target)) return target.endsWith(".mts") ? "esm" : "cjs";
  for (let folder = dirname(resolve(target)); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) return isModule(manifest) ? "esm" : "cjs";
    if (folder === dirname(folder)) return "cjs";
  }
}

function isModule(manifest: string): boolean {
  try {
    return (JSON.parse(readFileSync(manifest, "utf8")) as { type?: unknown }).type === "module";
  } catch {
    return false;
  }
}
