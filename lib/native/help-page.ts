/** The error text for an addon that can't be loaded: what was tried, why it failed, and what to do. */
import { isSince } from "../compare-versions";
import type { Host } from "./host";

/** The minimum version from `engines` in package.json. */
const OLDEST_NODE = "20.19";
const SHIPPED: readonly string[] = ["x64", "arm64"];
const BUILD = "build it here: npm explore node-libbpf -- npm run build:native";

/** A file that could not be loaded, and its error. */
export interface Attempt {
  path: string;
  error: NodeJS.ErrnoException;
}

/** Whether the addon can exist for this platform. */
export function isSupported({ platform, versions }: { platform: string; versions: { node: string } }): boolean {
  return platform === "linux" && isSince(versions.node, OLDEST_NODE);
}

/**
 * The error text.
 *
 * @param attempts the failed attempts; empty if the platform is not {@link isSupported}
 */
export function helpPage(host: Host, attempts: readonly Attempt[]): string {
  const { platform, arch, node } = host;
  const tried = attempts.map(({ path, error }) => `\n  ${path}: ${reasonOf(error)}`);
  const advice = (attempts.length === 0 ? unsupported(host) : advise(host, attempts)).map((line) => `\n  ${line}`);
  const parts = [`the addon can't be loaded by Node ${node} on ${platform}-${arch}`];
  if (tried.length > 0) parts.push(`Tried:${tried.join("")}`);
  return [...parts, `What to do:${advice.join("")}`].join("\n");
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return "does not exist";
  if (code === "EACCES" || code === "ERR_ACCESS_DENIED") return "may not be read";
  return message.split("\n")[0] as string;
}

function unsupported({ platform, node }: Host): string[] {
  const advice = isSince(node, OLDEST_NODE) ? [] : [`Use Node ${OLDEST_NODE} or newer`];
  if (platform === "linux") return advice;
  return [
    ...advice,
    "Run it on Linux, in a container or in a virtual machine",
    'The parts that need no kernel work here: import them from "node-libbpf/sleepable"',
  ];
}

function advise(host: Host, attempts: readonly Attempt[]): string[] {
  const { arch, musl, glibc, permissions, named, root, isPackage } = host;
  const failed = (pattern: RegExp) => attempts.map(({ error }) => pattern.exec(reasonOf(error))).find(Boolean);
  const has = (code: string) => attempts.some(({ error }) => error.code === code);
  const advice: string[] = [];
  const needed = failed(/`GLIBC_([\d.]+)' not found/)?.[1];

  if (has("ERR_DLOPEN_DISABLED") || has("ERR_ACCESS_DENIED"))
    return permissions
      ? ["Node's permission model is on: add --allow-addons, and --allow-fs-read for the package"]
      : ["Start Node without --no-addons; check NODE_OPTIONS too"];
  if (named) advice.push(`Correct or unset NODE_LIBBPF_PREBUILD, which is set to ${named}`);
  else if (!isPackage)
    advice.push(
      `A bundler moved the code to ${root}: declare node-libbpf as external,`,
      "or set NODE_LIBBPF_PREBUILD to a folder that contains the package's prebuilds/",
    );
  if (!SHIPPED.includes(arch)) advice.push(`Binaries exist for ${SHIPPED.join(" and ")}: use such a Node, or ${BUILD}`);
  else if (musl)
    advice.push(`This Node is linked with musl, but the binaries with glibc: use an image with glibc, or ${BUILD}`);
  if (needed !== undefined)
    advice.push(`It needs glibc ${needed}, but this is ${glibc() ?? "older"}: use a newer distribution, or ${BUILD}`);
  if (failed(/^is for /)) advice.push("Install it on the machine where it runs; delete build/ if it was copied");
  if (failed(/^is (not an ELF file|truncated)/)) advice.push("Reinstall it: a file is damaged");
  if (failed(/failed to map segment/)) advice.push("Install it on a file system that is not mounted noexec");
  if (advice.length > 0) return advice;
  const missing = attempts.every(({ error }) => error.code === "ENOENT");
  return [
    missing
      ? "Reinstall it: the package lacks its binaries; in a checkout: npm run setup"
      : `Reinstall it, or ${BUILD}`,
  ];
}
