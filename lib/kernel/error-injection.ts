/** Functions that errors may be injected into: what fentry.s, fexit.s and fmod_ret.s programs may be attached to. */
import { readFileSync } from "node:fs";
import { type Fact, known, unknown } from "./fact";

const LIST = "/sys/kernel/debug/error_injection/list";
const SYMBOLS = "/proc/kallsyms";

/**
 * The list, with the other names that its functions have. The kernel compares addresses (lib/error-inject.c), and prints
 * whichever name it finds first: __do_sys_getpid stands there for __x64_sys_getpid.
 */
export function readErrorInjection(): Fact<string[]> {
  let list: string;
  try {
    list = readFileSync(LIST, "latin1");
  } catch (error) {
    return unknown(`${LIST}: ${reason((error as NodeJS.ErrnoException).code)}`);
  }
  const names = parseList(list);
  const aliases = withAliases(names, readFileSync(SYMBOLS, "latin1"));
  return aliases === undefined
    ? unknown(
        `${SYMBOLS} hides addresses from this user, so that other names of the functions in ${LIST} can't be told`,
      )
    : known(aliases, `${LIST} and ${SYMBOLS}`);
}

function reason(code: string | undefined): string {
  if (code === "ENOENT") return "no such file: debugfs is not mounted, or CONFIG_FUNCTION_ERROR_INJECTION is off";
  return code === "EACCES" || code === "EPERM" ? "may be read by root only" : String(code);
}

/** Lines are "name<TAB>type"; a module's function is "name [module]". */
export function parseList(text: string): string[] {
  return text
    .split("\n")
    .map((line) => (line.split("\t")[0] as string).trim())
    .filter((name) => name !== "" && !name.includes("["));
}

/** Undefined if all addresses are 0, as they are without CAP_SYSLOG. */
export function withAliases(names: readonly string[], symbols: string): string[] | undefined {
  const wanted = new Set(names);
  const lines = symbols.split("\n").map((line) => line.split(" "));
  const addresses = new Set(lines.filter((line) => wanted.has(line[2] ?? "")).map((line) => line[0] as string));
  if ([...addresses].every((address) => /^0*$/.test(address)) && names.length > 0) return undefined;
  const same = lines.filter((line) => addresses.has(line[0] as string)).map((line) => line[2] as string);
  return [...new Set([...names, ...same])].sort();
}
