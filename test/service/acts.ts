/** Operations of processes that a policy decides on: each returns "done", or the error's code. */
import { type SpawnSyncOptions, spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect as netConnect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export type Who = Pick<SpawnSyncOptions, "uid" | "gid" | "cwd">;

/** A folder with a program and a file that a policy may deny. */
export class Target {
  readonly program: string;
  readonly file: string;

  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    this.program = join(folder, "true");
    this.file = join(folder, "file");
    copyFileSync("/bin/busybox", this.program);
    writeFileSync(this.file, "what it says");
  }

  exec(who: Who = {}): string {
    return exec(this.program, who);
  }

  open(): string {
    return open(this.file);
  }
}

export function exec(program: string, who: Who = {}): string {
  const { error, status } = spawnSync(program, who);
  return (error as NodeJS.ErrnoException | undefined)?.code ?? (status === 0 ? "done" : `status ${status}`);
}

export function open(file: string): string {
  try {
    readFileSync(file);
    return "done";
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** Connects to a port, or to a Unix socket. */
export async function connect(to: number | string, host = "127.0.0.1"): Promise<string> {
  return new Promise((resolve) => {
    const socket = typeof to === "string" ? netConnect(to) : netConnect(to, host);
    socket.on("connect", () => {
      socket.destroy();
      resolve("done");
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(String(code)));
  });
}

/** A command's standard output. */
export async function output(command: string, args: readonly string[], who: Who = {}): Promise<string> {
  const { uid, gid } = who;
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"], uid, gid });
  return text(child.stdout);
}

/** A shell script's standard output, in a cgroup. */
export function inCgroup(cgroup: string, script: string): Promise<string> {
  return output("/bin/sh", ["-c", `echo $$ > /sys/fs/cgroup${cgroup}/cgroup.procs && ${script}`]);
}
