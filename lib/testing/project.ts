/** A project of npm's, as a guest needs it: its folder, and what node_modules links to or lies above it. */
import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import type { Tree } from "./tree";
import { VmError } from "./vm-error";

/** The nearest folder, from here upward, that has a package.json; the starting point if none has. */
export function projectOf(directory: string): string {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return directory;
  }
}

/**
 * The project's files at the places that they have here, so that links, and paths in stack traces, stay right. Packages that
 * are elsewhere and linked into a node_modules (`npm link`, workspaces, pnpm) come along, and so does the node_modules of a
 * workspace's root. What is called .git is left out, as are sockets and devices.
 *
 * @throws {@link VmError} ERR_BPF_VM if the folder is not there, or is the root of everything
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
  const hint = "Name a project's folder, or put files by themselves (--no-project, --put)";
  try {
    const folder = realpathSync(directory);
    if (folder !== "/" && statSync(folder).isDirectory()) return folder;
  } catch (cause) {
    throw new VmError("ERR_BPF_VM", `${directory} can't be read: ${(cause as Error).message}`, { hint, cause });
  }
  throw new VmError("ERR_BPF_VM", `${directory} is no folder of a project`, { hint });
}

function isWanted(path: string): boolean {
  if (basename(path) === ".git") return false;
  const stats = lstatSync(path);
  return stats.isFile() || stats.isDirectory() || stats.isSymbolicLink();
}

/** What links in the node_modules of a folder, at any depth, lead to; nothing for one that leads nowhere. */
function linkedFrom(folder: string): string[] {
  // A link to a program in a package leads to a file.
  if (!statSync(folder).isDirectory()) return [];
  return nodeModulesIn(folder)
    .flatMap((modules) => linksIn(modules))
    .flatMap((link) => (existsSync(link) ? realpathSync(link) : []));
}

/** A folder's node_modules, at any depth; not those within another. */
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

/** Where Node looks on for modules: the node_modules of packages above. What was installed somewhere has its own beside it. */
function modulesAbove(folder: string): string[] {
  const above = dirname(folder);
  if (above === folder || basename(folder) === "node_modules") return [];
  const isPackage = existsSync(join(above, "package.json")) && existsSync(join(above, "node_modules"));
  return [...(isPackage ? [realpathSync(join(above, "node_modules"))] : []), ...modulesAbove(above)];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}
