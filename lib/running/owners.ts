/** owners(): the processes that hold programs, maps and links by descriptors. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process that holds an object. */
export interface Owner {
  /** The process id, as this process sees it. */
  readonly pid: number;
  /** The name of its main thread: /proc/PID/comm. */
  readonly command: string;
}

/** The owners of all objects, by kind and id. */
export interface Owners {
  /** The owners of programs, by id. */
  readonly programs: ReadonlyMap<number, readonly Owner[]>;
  /** The owners of maps, by id. */
  readonly maps: ReadonlyMap<number, readonly Owner[]>;
  /** The owners of links, by id. */
  readonly links: ReadonlyMap<number, readonly Owner[]>;
}

/** What /proc shows of a descriptor, and the line of fdinfo that has the id. */
const KINDS = {
  programs: { inode: /^anon_inode:bpf-prog$/, id: /^prog_id:\s*(\d+)/m },
  maps: { inode: /^anon_inode:bpf-map$/, id: /^map_id:\s*(\d+)/m },
  // Two names: bpf_link_new_fd() and bpf_link_prime().
  links: { inode: /^anon_inode:bpf[-_]link$/, id: /^link_id:\s*(\d+)/m },
} as const;

/**
 * The processes that hold programs, maps and links by descriptors, from /proc/PID/fdinfo. A pin, a link or a map that
 * has an object holds it too. Processes that this one may not look at, or that end meanwhile, are left out.
 */
export function owners(): Owners {
  const found = { programs: new Map(), maps: new Map(), links: new Map() } satisfies {
    [K in keyof Owners]: Map<number, Owner[]>;
  };
  for (const name of listed("/proc")) {
    if (/^\d+$/.test(name)) addOwner(found, Number(name));
  }
  return found;
}

function addOwner(found: { [K in keyof Owners]: Map<number, Owner[]> }, pid: number): void {
  let owner: Owner | undefined;
  for (const fd of listed(`/proc/${pid}/fd`)) {
    const target = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
    if (target === undefined || !target.startsWith("anon_inode:bpf")) continue;
    for (const kind of ["programs", "maps", "links"] as const) {
      if (!KINDS[kind].inode.test(target)) continue;
      const text = attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"));
      const id = Number(KINDS[kind].id.exec(text ?? "")?.[1] ?? 0);
      if (id === 0) continue;
      owner ??= { pid, command: attempt(() => readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd()) ?? "" };
      const known = found[kind].get(id) ?? [];
      found[kind].set(id, known);
      if (known.at(-1) !== owner) known.push(owner);
    }
  }
}

function listed(directory: string): string[] {
  return attempt(() => readdirSync(directory)) ?? [];
}

/** The process may have ended. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
