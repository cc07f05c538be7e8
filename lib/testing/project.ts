/** The files of an npm project for a guest: its folder, linked packages, and node_modules of parent folders. */
import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import type { Tree } from "./tree";
import { VmError } from "./vm-error";

/** The nearest folder upward that has a package.json; the starting folder if none has. */
export function projectOf(directory: string): string {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return directory;
  }
}

/**
 * The project's files, at the same paths as on the host, so that links and stack traces stay valid. Includes packages
 * linked into a node_modules (`npm link`, workspaces, pnpm) and the node_modules of a workspace's root. Excludes .git,
 * sockets and devices.
 *
 * @throws {@link VmError} ERR_BPF_VM if the folder does not exist, or is the file system's root
 */
export function projectFiles(directory: string): Tree[] {
  const folders = new Set<string>();
  const pending = [existingFolder(directory)];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if ([...folders].some((known) => isWithin(folder as string, known))) continue;
    folders.add(folder);
    pending.push(...linkedFrom(folder), ...modulesAbove(folder));
  }
  const outer = [...folders].filter(
    (folder) => ![...folders].some((other) => other !== folder && isWithin(folder, other)),
  );
  return outer.map((folder) => ({ from: folder, to: folder, filter: isWanted, resolveLinks: true }));
}

function existingFolder(directory: string): string {
  const hint = "Set the folder of a project, or put single files (--no-project, --put)";
  try {
    const folder = realpathSync(directory);
    if (folder !== "/" && statSync(folder).isDirectory()) return folder;
  } catch (cause) {
    throw new VmError("ERR_BPF_VM", `${directory} can't be read: ${(cause as Error).message}`, { hint, cause });
  }
  throw new VmError("ERR_BPF_VM", `${directory} is not a project folder`, { hint });
}

function isWanted(path: string): boolean {
  if (basename(path) === ".git") return false;
  const stats = lstatSync(path);
  return stats.isFile() || stats.isDirectory() || stats.isSymbolicLink();
}

/** Targets of the links in a folder's node_modules, at any depth, without dangling links. */
function linkedFrom(folder: string): string[] {
  // A link to a program in a package points to a file.
  if (!statSync(folder).isDirectory()) return [];
  return nodeModulesIn(folder)
    .flatMap((modules) => linksIn(modules))
    .flatMap((link) => (existsSync(link) ? realpathSync(link) : []));
}

/** node_modules of a folder, at any depth, but not inside another. */
function nodeModulesIn(folder: string): string[] {
  if (basename(folder) === "node_modules") return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== ".git")
    .flatMap((entry) => nodeModulesIn(join(folder, entry.name)));
}

function linksIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isSymbolicLink() ? [path] : entry.isDirectory() ? linksIn(path) : [];
  });
}

/**
 * The node_modules of parent folders, where Node continues module resolution. Installed packages have theirs next to
 * them.
 */
function modulesAbove(folder: string): string[] {
  const above = dirname(folder);
  if (above === folder || basename(folder) === "node_modules") return [];
  const isPackage = existsSync(join(above, "package.json")) && existsSync(join(above, "node_modules"));
  return [...(isPackage ? [realpathSync(join(above, "node_modules"))] : []), ...modulesAbove(above)];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}
