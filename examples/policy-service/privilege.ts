/** Drops root after everything is loaded. Rules and decisions are then in mapped memory: no bpf(2) call follows. */
import { readFileSync } from "node:fs";
import { ConfigError } from "./failure";

export interface Account {
  uid: number;
  gid: number;
}

/** Resolves names or numbers to ids; the group defaults to the user's own. */
export function accountOf(user: string | number, group?: string | number): Account {
  const [, , uid, own] = entry("/etc/passwd", user, "user");
  const gid = group === undefined ? own : gidOf(group);
  if (gid === undefined) throw new ConfigError(`user ${user} has no group in /etc/passwd: set "group"`);
  return { uid: Number(uid), gid: Number(gid) };
}

export function gidOf(group: string | number): number {
  return Number(entry("/etc/group", group, "group")[2]);
}

/** Returns a line's fields; a number need not be listed. */
function entry(file: string, name: string | number, what: string): (string | undefined)[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const found = lines.map((line) => line.split(":")).find((fields) => fields[0] === name || Number(fields[2]) === name);
  if (found === undefined && typeof name === "string") throw new ConfigError(`there is no ${what} ${name} in ${file}`);
  return found ?? ["", "", String(name)];
}

/** Drops root permanently: the capabilities are lost with root, on all threads. */
export function dropTo({ uid, gid }: Account): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  let isRootAgain = true;
  try {
    process.setuid?.(0);
  } catch {
    isRootAgain = false;
  }
  if (isRootAgain) throw new Error("root could be regained after setuid(2)");
}
