/** Generates the TypeScript of an object for a target file. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { U64 } from "../codec/plan";
import { generateModule } from "../gen/module";

/** Options of {@link moduleFor}. */
export interface ModuleOptions {
  /** Embeds the object's bytes in the module. */
  embed?: boolean | undefined;
  /** "esm" or "cjs". Default: the module kind that the nearest package.json gives the file. */
  module?: "esm" | "cjs" | undefined;
  /** Record types of ring buffers, by map name. */
  events?: Readonly<Record<string, string>> | undefined;
  /** How 64-bit integers are decoded. Default "bigint". */
  u64?: U64 | undefined;
  /** Path of the object at run time, relative to the module's folder. Default: where it is now. */
  path?: string | undefined;
}

/**
 * Generates the module for an object.
 *
 * @param object path that the object has or will have
 * @param target path that the module will have
 * @throws the errors of {@link generateModule}
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

/** Determined as Node and TypeScript do: by the extension, then by the nearest package.json. */
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
