/** The kernel's build configuration: the options that decide what may sleep and what can be attached. */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { type Fact, known, unknown } from "./fact";

const OPTIONS: readonly string[] = [
  "AUDIT",
  "BPF_EVENTS",
  "BPF_JIT",
  "BPF_KPROBE_OVERRIDE",
  "BPF_LSM",
  "BPF_SYSCALL",
  // CFI_CLANG before it was renamed.
  "CFI",
  "CFI_CLANG",
  "DEBUG_INFO_BTF",
  "DEBUG_INFO_BTF_MODULES",
  "DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
  "FAILSLAB",
  "FAIL_PAGE_ALLOC",
  "FPROBE",
  "FTRACE_SYSCALLS",
  "FUNCTION_ERROR_INJECTION",
  "KEYS",
  "KPROBES",
  "LSM",
  "SECURITY",
  "SECURITYFS",
  "SECURITY_NETWORK",
  "SECURITY_NETWORK_XFRM",
  "SECURITY_PATH",
  "UPROBES",
];

/**
 * Options by name without CONFIG_: "y", "m", "n" or text. /proc/config.gz is the running kernel's own. A file under
 * /boot is used if its name has the running release, even though a container may show another host's.
 */
export function readConfig(): Fact<Record<string, string>> {
  const places = [`/boot/config-${release()}`, `/lib/modules/${release()}/config`];
  // Required lazily: loading takes a millisecond, and few verdicts need the configuration.
  const { gunzipSync } = require("node:zlib") as typeof import("node:zlib");
  try {
    return known(parseConfig(gunzipSync(readFileSync("/proc/config.gz")).toString("latin1")), "/proc/config.gz");
  } catch {
    // CONFIG_IKCONFIG_PROC is off, as in Debian's kernels.
  }
  for (const place of places) {
    try {
      return known(parseConfig(readFileSync(place, "latin1")), place);
    } catch {
      // Try the next path.
    }
  }
  return unknown(`no kernel configuration in /proc/config.gz, ${places.join(", ")}`);
}

/** A line of the options above. The others, thousands, are not worth a string each. */
const LINE = new RegExp(`^CONFIG_(${OPTIONS.join("|")})=(?:"(.*)"|(\\S+))$`, "gm");

/** An option that is absent depends on one that is off, so it is off too. */
export function parseConfig(text: string): Record<string, string> {
  const set = new Map(
    Array.from(text.matchAll(LINE), ([, name, quoted, bare]) => [name as string, quoted ?? bare ?? ""]),
  );
  return Object.fromEntries(OPTIONS.map((option) => [option, set.get(option) ?? "n"]));
}
