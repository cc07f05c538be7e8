/** pins(): what is pinned in bpffs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ArgumentError, BpfError, errnoName, isErrno, PermissionError, reading } from "../errors";
import { permissionError } from "../kernel/refusal";
import { native, type PinKind } from "../native";
import { idOfPin, isBpffs, MOUNT_BPFFS, whyNotOpened } from "../native/pins";
import { checkArgument, filled } from "../options";

/** A pinned object. */
export interface Pin {
  /** Path in bpffs. */
  readonly path: string;
  /** The kind of the object. */
  readonly kind: "program" | "map" | "link";
  /** The kernel's id of the object. */
  readonly id: number;
}

/**
 * Everything that is pinned below a directory of bpffs, in the order of names. A pin that goes away in between is
 * skipped. libbpf: bpf_obj_get().
 *
 * @param directory default: /sys/fs/bpf
 * @throws {@link ArgumentError} if it is not a directory in bpffs
 * @throws {@link PermissionError} if a pin may not be opened
 */
export function pins(directory = "/sys/fs/bpf"): Generator<Pin, void, undefined> {
  const details = { operation: "pins" } as const;
  checkArgument({ name: "pins", details }, "directory", directory, filled);
  const refuse = (problem: string) => {
    const hint = `Name a directory in bpffs; if it is not mounted: ${MOUNT_BPFFS}`;
    return new ArgumentError(`pins: ${directory} ${problem}`, { ...details, hint });
  };
  try {
    if (!isBpffs(directory)) throw refuse("is not in bpffs");
    readdirSync(directory);
  } catch (cause) {
    if (cause instanceof BpfError) throw cause;
    const { code: errno = "EIO" } = cause as NodeJS.ErrnoException;
    if (errno !== "EACCES") throw refuse(`can't be read (${errno})`);
    const hint = "Run it as root, or as the owner of the directory";
    throw new PermissionError(`pins: ${directory} can't be read (EACCES)`, { ...details, errno, hint });
  }
  return walk(directory);
}

function* walk(directory: string): Generator<Pin, void, undefined> {
  for (const entry of entriesOf(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile()) {
      const pin = pinAt(path);
      if (pin !== undefined) yield pin;
    }
  }
}

function entriesOf(directory: string) {
  const entries = reading("ERR_BPF_NOT_LOADED", "pins", () => {
    try {
      return readdirSync(directory, { withFileTypes: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What is pinned at a path; undefined for nothing, and for the files that the kernel itself puts into bpffs. */
function pinAt(path: string): Pin | undefined {
  const { status, kind, id } = native.pinned(path);
  if (status === 0) return { path, kind: kind as PinKind, id };
  // maps.debug and progs.debug: bpf_lookup() finds no name with a dot.
  if (isErrno(status, "ENOENT") || isErrno(status, "EINVAL") || path.includes(".", path.lastIndexOf("/")))
    return undefined;
  const errno = errnoName(status);
  const what = `${path} can't be opened`;
  if (isErrno(status, "EPERM") || isErrno(status, "EACCES"))
    throw permissionError(what, { operation: "use" }, { operation: "pins", errno });
  throw new BpfError("ERR_BPF_NOT_LOADED", `${what} (${errno})`, { operation: "pins", errno });
}

/** @internal What is pinned in every bpffs that is mounted. */
export function* allPins(): Generator<Pin, void, undefined> {
  const mounts = reading("ERR_BPF_NOT_LOADED", "pins", () => readFileSync("/proc/self/mounts", "utf8"));
  const places = mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "bpf");
  // Spaces in a path are written as octal numbers.
  const paths = places.map(([, path = ""]) =>
    path.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
  );
  // Another file system may be mounted on top.
  for (const path of new Set(paths)) if (isBpffs(path)) yield* pins(path);
}

/** @internal The pins of an object. */
export function pinsOf(kind: PinKind, id: number): string[] {
  return [...allPins()].filter((pin) => pin.kind === kind && pin.id === id).map(({ path }) => path);
}

/**
 * @internal The id of what is pinned at a path.
 *
 * @throws {@link BpfError} ERR_BPF_PIN if nothing is, or something of another kind
 */
export function pinnedId(path: string, kind: PinKind): number {
  const status = idOfPin(path, kind);
  if (status >= 0) return status;
  const errno = errnoName(status);
  const what = `${path} can't be opened as a pin`;
  const why = whyNotOpened(status, path, kind);
  if (why === undefined && isErrno(status, "EPERM"))
    throw permissionError(what, { operation: "use" }, { operation: "pins", errno });
  const hint = `Give an id or the path of a pinned ${kind}: node-libbpf ps lists them`;
  throw new BpfError("ERR_BPF_PIN", `${what}: ${why ?? "the kernel refuses"} (${errno})`, {
    operation: "pins",
    errno,
    hint,
  });
}
