/** Functions with error injection: targets of sleepable fentry, fexit and fmod_ret programs. */
import { readFileSync } from "node:fs";
import { type Fact, known, unknown } from "./fact";

const LIST = "/sys/kernel/debug/error_injection/list";
const SYMBOLS = "/proc/kallsyms";

/**
 * The list, with all aliases of its functions. The kernel compares addresses (lib/error-inject.c) and prints the first
 * name it finds: it lists __do_sys_getpid for __x64_sys_getpid.
 */
export function readErrorInjection(): Fact<string[]> {
  const texts: string[] = [];
  for (const path of [LIST, SYMBOLS]) {
    try {
      texts.push(readFileSync(path, "latin1"));
    } catch (error) {
      return unknown(`${path}: ${reason((error as NodeJS.ErrnoException).code)}`);
    }
  }
  const [list = "", symbols = ""] = texts;
  const aliases = withAliases(parseList(list), symbols);
  return aliases === undefined
    ? unknown(`${SYMBOLS} hides addresses from this user, so that aliases of the functions in ${LIST} are unknown`)
    : known(aliases, `${LIST} and ${SYMBOLS}`);
}

function reason(code: string | undefined): string {
  if (code === "ENOENT") return "no such file: debugfs is not mounted, or CONFIG_FUNCTION_ERROR_INJECTION is off";
  return code === "EACCES" || code === "EPERM" ? "readable by root only" : String(code);
}

/**
 * Parses lines "name<TAB>type". A module's function is "name [module]", and becomes "module:name" as in a section name.
 */
export function parseList(text: string): string[] {
  return text
    .split("\n")
    .map((line) => (line.split("\t")[0] as string).trim().replace(/^(\S+) \[(\S+)\]$/, "$2:$1"))
    .filter((name) => name !== "");
}

/** Adds aliases. Undefined if all addresses are 0, as they are without CAP_SYSLOG. */
export function withAliases(names: readonly string[], symbols: string): string[] | undefined {
  const wanted = new Set(names);
  const addresses = new Set<string>();
  forEachSymbol(symbols, (address, name) => {
    if (wanted.has(name)) addresses.add(address);
  });
  if ([...addresses].every((address) => /^0*$/.test(address)) && names.length > 0) return undefined;
  const all = new Set(names);
  forEachSymbol(symbols, (address, name) => {
    if (addresses.has(address)) all.add(name);
  });
  return [...all].sort();
}

/**
 * Calls `visit` for each line "address type name", with "<TAB>[module]" for modules. Creates no arrays: there are some
 * 150,000 lines.
 */
function forEachSymbol(symbols: string, visit: (address: string, name: string) => void): void {
  for (let start = 0; start < symbols.length; ) {
    const end = symbols.indexOf("\n", start);
    const line = symbols.slice(start, end < 0 ? undefined : end);
    const space = line.indexOf(" ");
    visit(line.slice(0, space), line.slice(space + 3));
    start += line.length + 1;
  }
}
