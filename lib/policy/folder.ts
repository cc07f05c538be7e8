/**
 * A policy's folder in bpffs. DIR/current has the pins of the version in force. A replacement is prepared in DIR/new;
 * current then becomes old, new becomes current, and old goes away. What a crash leaves tells how far it came.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { BpfError, type ErrorDetails, errnoName, isErrno, type Operation } from "../errors";
import { native, type PinKind } from "../native";
import { foreignPin, idOfPin, isBpffs, type PinFault, preparePin, whyNotOpened } from "../native/pins";
import { fileName } from "../object/pin-all";

export type Version = "current" | "new" | "old";
export type Part = "links" | "programs" | "maps";

/** In the order of removal: without its link a program no longer runs. */
const PARTS: Readonly<Record<Part, PinKind>> = { links: "link", programs: "program", maps: "map" };
const VERSIONS: readonly string[] = ["current", "new", "old"];
/** What each version was made of: the first pin that is made, and the last that is removed. */
const MANIFEST = "manifest";

export class PolicyFolder {
  readonly path: string;
  readonly #lock: number;

  private constructor(path: string, lock: number) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Makes the folder if it is missing, takes its lock, and finishes or takes back what a former owner began.
   *
   * @throws {@link BpfError} ERR_BPF_BUSY if another process has the lock; ERR_BPF_PIN if it can't be made, or has
   *   something else than pins of a policy: nothing is changed then
   */
  static claim(path: string): PolicyFolder {
    const fault = preparePin(join(path, "current"));
    if (fault !== undefined) throw policyError(path, fault.what, fault);
    const lock = attempt(path, () => openSync(path, "r"));
    const folder = new PolicyFolder(path, lock);
    try {
      folder.#takeLock();
      folder.#refuseStrangers();
      if (!folder.has("current") && folder.has("old")) folder.#rename(folder.has("new") ? "new" : "old", "current");
      if (folder.has("new")) folder.remove("new");
      return folder;
    } catch (error) {
      folder.release();
      throw error;
    }
  }

  /** Lets the next owner in. */
  release(): void {
    closeSync(this.#lock);
  }

  /** The path of a version, of the pins of a part, or of one pin. */
  in(version: Version, ...of: [] | [Part] | [Part, name: string]): string {
    const [part = "", name = ""] = of;
    return join(this.path, version, part, fileName(name));
  }

  manifestOf(version: Version): string {
    return join(this.path, version, MANIFEST);
  }

  hasManifest(version: Version): boolean {
    return existsSync(this.manifestOf(version));
  }

  has(version: Version): boolean {
    return existsSync(this.in(version));
  }

  hasPin(version: Version, part: Part, name: string): boolean {
    return existsSync(this.in(version, part, name));
  }

  /** Makes the folders of the new version. */
  make(): void {
    const folders = [this.in("new"), ...(Object.keys(PARTS) as Part[]).map((part) => this.in("new", part))];
    for (const folder of folders) attempt(this.path, () => mkdirSync(folder, 0o700));
  }

  /** Gives the new version a pin of the current one. */
  keep(part: Part, name: string): void {
    attempt(this.path, () => linkSync(this.in("current", part, name), this.in("new", part, name)));
  }

  /** The new version becomes the current one, which becomes old. */
  swap(): void {
    if (this.has("current")) this.#rename("current", "old");
    this.#rename("new", "current");
  }

  /** Removes the new version, whose pins may have been half swapped. */
  takeBack(): void {
    if (!this.has("current") && this.has("old")) this.#rename("old", "current");
    if (this.has("new")) this.remove("new");
  }

  #rename(from: Version, to: Version): void {
    attempt(this.path, () => renameSync(this.in(from), this.in(to)));
  }

  /** The id of a map of the current version. */
  mapId(name: string): number {
    return idOfPin(this.in("current", "maps", name), "map");
  }

  /** The ids of a version's links. */
  linkIds(version: Version): number[] {
    const folder = this.in(version, "links");
    return list(folder).map((name) => idOfPin(join(folder, name), "link"));
  }

  removeLinks(version: Version): void {
    const folder = this.in(version, "links");
    for (const name of list(folder)) attempt(this.path, () => unlinkSync(join(folder, name)));
  }

  remove(version: Version): void {
    for (const part of Object.keys(PARTS) as Part[]) {
      const folder = this.in(version, part);
      for (const name of list(folder)) attempt(this.path, () => unlinkSync(join(folder, name)));
      if (existsSync(folder)) attempt(this.path, () => rmdirSync(folder));
    }
    const manifest = this.manifestOf(version);
    if (existsSync(manifest)) attempt(this.path, () => unlinkSync(manifest));
    attempt(this.path, () => rmdirSync(this.in(version)));
  }

  /** Removes the folder itself, which is empty. */
  removeAll(): void {
    attempt(this.path, () => rmdirSync(this.path));
  }

  /** flock(2): the kernel releases it when the process ends. */
  #takeLock(): void {
    const status = native.lockFd(this.#lock);
    if (isErrno(status, "EAGAIN")) {
      const pid = ownerOf(this.path, this.#lock);
      const who = pid === undefined ? "another process" : pid === process.pid ? "this process" : `process ${pid}`;
      const hint = "One process at a time owns a policy: close it there, or end that process";
      throw policyError(this.path, `it is in use by ${who}`, { errno: "EAGAIN", hint }, "ERR_BPF_BUSY");
    }
    if (status < 0)
      throw policyError(this.path, `its lock can't be taken (${errnoName(status)})`, { errno: errnoName(status) });
    // unpin() of the former owner may have removed it in between.
    const own = attempt(this.path, () => fstatSync(this.#lock));
    const found = attempt(this.path, () => statSync(this.path, { throwIfNoEntry: false }));
    if (found?.ino !== own.ino)
      throw policyError(this.path, "it was removed meanwhile", { hint: "Try again" }, "ERR_BPF_BUSY");
  }

  #refuseStrangers(): void {
    for (const name of list(this.path)) {
      if (!VERSIONS.includes(name)) throw this.#stranger(join(this.path, name));
      for (const part of this.#foldersIn(join(this.path, name))) {
        const path = join(this.path, name, part);
        if (part === MANIFEST) this.#refuseOther(path, "map");
        else if (!Object.hasOwn(PARTS, part)) throw this.#stranger(path);
        else for (const pin of this.#foldersIn(path)) this.#refuseOther(join(path, pin), PARTS[part as Part]);
      }
    }
  }

  #foldersIn(path: string): string[] {
    if (!attempt(this.path, () => statSync(path)).isDirectory() || !isBpffs(path)) throw this.#stranger(path);
    return list(path);
  }

  #refuseOther(path: string, kind: PinKind): void {
    const foreign = foreignPin(path);
    if (foreign !== undefined) throw policyError(this.path, foreign.what, foreign);
    const id = idOfPin(path, kind);
    if (id >= 0) return;
    const errno = errnoName(id);
    const why = whyNotOpened(id, path, kind) ?? "the kernel refuses to open it";
    throw policyError(this.path, `${path}: ${why} (${errno})`, { errno, hint: NOT_OURS });
  }

  #stranger(path: string): BpfError {
    return policyError(this.path, `${path} is no part of a policy`, { hint: NOT_OURS });
  }
}

const NOT_OURS = "Give each policy a folder of its own";

function list(folder: string): string[] {
  return existsSync(folder) ? attempt(folder, () => readdirSync(folder)) : [];
}

/** The process that has the lock of a file; undefined if it is in another pid namespace. */
function ownerOf(folder: string, fd: number): number | undefined {
  const { dev, ino } = attempt(folder, () => fstatSync(fd));
  const hex = (part: number) => part.toString(16).padStart(2, "0");
  const file = `${hex((dev >> 8) & 0xfff)}:${hex((dev & 0xff) | ((dev >> 12) & 0xfff00))}:${ino}`;
  const line = attempt(folder, () => readFileSync("/proc/locks", "latin1"))
    .split("\n")
    .map((line) => line.split(/\s+/))
    .find(([, kind, , , , where]) => kind === "FLOCK" && where === file);
  const pid = Number(line?.[4]);
  return pid > 0 ? pid : undefined;
}

function attempt<T>(folder: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const { code: errno = "EIO", message } = cause as NodeJS.ErrnoException;
    throw policyError(folder, message, { errno, cause });
  }
}

export function policyError(
  folder: string,
  what: string,
  details: Omit<Partial<PinFault>, "what"> & ErrorDetails = {},
  code: "ERR_BPF_PIN" | "ERR_BPF_BUSY" | "ERR_BPF_MAP" | "ERR_BPF_NOT_SUPPORTED" = "ERR_BPF_PIN",
): BpfError {
  const { gone: _, what: __, ...others } = details as PinFault & ErrorDetails;
  const operation: Operation = "policy.adoptOrReplace";
  return new BpfError(code, `policy ${folder}: ${what}`, { operation, ...others });
}
