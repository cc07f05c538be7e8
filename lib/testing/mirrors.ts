/** The system's Debian mirrors, read from apt's configuration. apt's fetched lists would be incomplete. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Base addresses, the preferred first. */
export interface Mirrors {
  /** Mirrors of the archive, with dists/bookworm. */
  readonly main: readonly string[];
  /** Mirrors of the security archive, with dists/bookworm-security. */
  readonly security: readonly string[];
}

/** An enabled line in one-line style, or stanza in deb822 style. */
interface Source {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** Names a mirror that is used before all others: for hosts other than Debian, or whose mirror is incomplete. */
export const MIRROR_VARIABLE = "NODE_LIBBPF_DEBIAN_MIRROR";

export function mirrors(environment: NodeJS.ProcessEnv = process.env): Mirrors {
  return chooseMirrors(configuredSources(), environment[MIRROR_VARIABLE]);
}

/** The Debian addresses in apt's configuration. */
export function configuredMirrors(): string[] {
  const sources = configuredSources();
  return [...sitesOf(sources, MAIN_SUITE), ...sitesOf(sources, SECURITY_SUITE)];
}

/**
 * Selects the mirrors.
 *
 * @param named the address in the environment variable
 */
export function chooseMirrors(sources: readonly Source[], named?: string): Mirrors {
  const own = named ? [named.replace(/\/+$/, "")] : [];
  const main = unique([...own, ...sitesOf(sources, MAIN_SUITE)]);
  const configured = sitesOf(sources, SECURITY_SUITE);
  // The security archive is usually next to the archive.
  const beside = (configured.length > 0 ? own : main)
    .filter((site) => /\/debian$/.test(site))
    .map((site) => `${site}-security`);
  return { main, security: unique([...beside, ...configured]) };
}

function sitesOf(sources: readonly Source[], suite: RegExp): string[] {
  const sites = sources
    .filter(({ suites, components }) => components.includes("main") && suites.some((name) => suite.test(name)))
    .flatMap(({ uris }) => uris.map((uri) => uri.replace(/\/+$/, "")));
  // Other repositories also have suites with Debian's names. They come last, because Debian's keyring does not verify
  // them.
  return unique(sites).sort((a, b) => Number(isNamedDebian(b)) - Number(isNamedDebian(a)));
}

const RELEASE =
  "(?:bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable|experimental)";
const MAIN_SUITE = new RegExp(`^${RELEASE}(?:-updates|-backports|-proposed-updates)?$`);
const SECURITY_SUITE = new RegExp(`^${RELEASE}-security$`);

function isNamedDebian(uri: string): boolean {
  return /\/debian(-security)?$/.test(uri);
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** An apt setting, such as "Dir::State::lists/d"; undefined without apt. */
export function aptSetting(name: string): string | undefined {
  const { stdout } = spawnSync("apt-config", ["shell", "VALUE", name], { encoding: "utf8" });
  return /^VALUE='(.*)'$/m.exec(stdout ?? "")?.[1];
}

/** Sources in apt's files; empty without apt. */
function configuredSources(): Source[] {
  const list = aptSetting("Dir::Etc::sourcelist/f");
  const parts = aptSetting("Dir::Etc::sourceparts/d");
  const files = [
    ...(list !== undefined && existsSync(list) && statSync(list).isFile() ? [list] : []),
    ...(parts !== undefined && existsSync(parts)
      ? readdirSync(parts)
          .sort()
          .map((name) => join(parts, name))
      : []),
  ];
  return files.flatMap((file) => {
    if (file.endsWith(".sources")) return parseDeb822(readFileSync(file, "utf8"));
    return file.endsWith(".list") ? parseOneLine(readFileSync(file, "utf8")) : [];
  });
}

/** sources.list(5), one-line style: deb [signed-by=...] http://mirror/debian bookworm main */
export function parseOneLine(text: string): Source[] {
  return text.split("\n").flatMap((line) => {
    const [, uri, suite, components] = /^\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line) ?? [];
    if (uri === undefined || suite === undefined || components === undefined) return [];
    return [{ uris: expand([uri]), suites: [suite], components: words(components) }];
  });
}

/** sources.list(5), deb822 style: stanzas of "Field: value", separated by empty lines. */
export function parseDeb822(text: string): Source[] {
  const stanzas = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    // A line that starts with a space continues the previous one.
    const fields = new Map(
      stanza
        .replace(/\n[ \t]+/g, " ")
        .split("\n")
        .map((line) => /^([\w-]+):\s*(.*)$/.exec(line))
        .flatMap((found) => (found ? [[found[1]?.toLowerCase(), found[2]] as const] : [])),
    );
    const list = (name: string) => words(fields.get(name) ?? "");
    if (!list("types").some((type) => type.startsWith("deb"))) return [];
    if (/^(no|false|without|off|disable)$/i.test(fields.get("enabled") ?? "")) return [];
    return [{ uris: expand(list("uris")), suites: list("suites"), components: list("components") }];
  });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Cloud images refer to a file of mirrors: mirror+file:/etc/apt/mirrors/debian.list */
function expand(uris: readonly string[]): string[] {
  return uris.flatMap((uri) => {
    const file = /^mirror\+file:(?:\/\/)?(\/.*)$/.exec(uri)?.[1];
    if (file === undefined) return /^(https?|ftp|file):/.test(uri) ? [uri] : [];
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line) => /^\s*([a-z]+:\S+)/.exec(line)?.[1] ?? []);
  });
}
