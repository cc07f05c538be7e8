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

/** Lines are "name<TAB>type"; a module's function is "name [module]", and here "module:name", as in a section. */
export function parseList(text: string): string[] {
  return text
    .split("\n")
    .map((line) => (line.split("\t")[0] as string).trim().replace(/^(\S+) \[(\S+)\]$/, "$2:$1"))
    .filter((name) => name !== "");
}

/** Undefined if all addresses are 0, as they are without CAP_SYSLOG. */
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

/** Lines are "address type name", and "<TAB>[module]" after a module's: some 150,000 of them, so no array is made of each. */
function forEachSymbol(symbols: string, visit: (address: string, name: string) => void): void {
  for (let start = 0; start < symbols.length; ) {
    const end = symbols.indexOf("\n", start);
    const line = symbols.slice(start, end < 0 ? undefined : end);
    const space = line.indexOf(" ");
    visit(line.slice(0, space), line.slice(space + 3));
    start += line.length + 1;
  }
}
