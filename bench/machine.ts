/** The conditions of a measurement: the machine, its kernel, and the versions of all programs involved. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { libbpf } from "node-libbpf";
import { findClang } from "../lib/build/clang";
import { npmBpf } from "./compilers";

export type Machine = Record<string, string>;

/** Leaves out what is not installed. */
export function machine(): Machine {
  const processors = cpus();
  const npm = join(npmBpf(), "package.json");
  const all: Record<string, string | undefined> = {
    date: new Date().toISOString().slice(0, 10),
    CPU: `${processors.length} × ${processors[0]?.model ?? "unknown"}`,
    kernel: release(),
    Node: process.versions.node,
    V8: process.versions.v8,
    libbpf: libbpf.version,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder
    "cilium/ebpf": versionOf("dpkg-query", "-W", "-f", "${Version}", "golang-github-cilium-ebpf-dev"),
    Go: versionOf("go", "version"),
    "npm bpf": existsSync(npm) ? (JSON.parse(readFileSync(npm, "utf8")) as { version: string }).version : undefined,
    gcc: versionOf(process.env.CC ?? "cc", "-dumpfullversion"),
    clang: versionOf(findClang(), "--version"),
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The first dotted number in a command's output. */
function versionOf(command: string, ...args: string[]): string | undefined {
  return /\d+(\.\d+)+\S*/.exec(spawnSync(command, args, { encoding: "utf8" }).stdout ?? "")?.[0];
}

/** In one line. */
export function oneLine(machine: Machine): string {
  return Object.entries(machine)
    .map(([what, value]) => `${what} ${value}`)
    .join(", ");
}
