/**
 * Preloaded into a peer's processes: what they load of this checkout's library comes from the one that NODE_LIBBPF_BASE
 * names. So both checkouts do the same work, that of this one's benchmarks.
 */
import Module from "node:module";
import { join, relative, sep } from "node:path";
import { PROJECT_ROOT } from "../scripts/places";

export const BASE_VARIABLE = "NODE_LIBBPF_BASE";

type Resolve = (request: string, ...more: unknown[]) => string;
const own = Module as unknown as { _resolveFilename: Resolve };
const base = process.env[BASE_VARIABLE];

if (base !== undefined) {
  const inBase = new Module(base);
  inBase.filename = join(base, "package.json");
  const before = own._resolveFilename;
  own._resolveFilename = function (request, ...more) {
    // By name: where the package's files are may differ.
    if (/^node-libbpf(\/|$)/.test(request)) return before.call(this, request, inBase);
    const found = before.call(this, request, ...more);
    const [dist, folder] = relative(PROJECT_ROOT, found).split(sep);
    return dist === "dist" && folder === "lib" ? join(base, relative(PROJECT_ROOT, found)) : found;
  };
}
