/** Keeps V8's compiled code of the commands for the next start. */
import { existsSync, mkdirSync } from "node:fs";
import * as nodeModule from "node:module";
import { dirname, join } from "node:path";
import { cacheDirectory } from "../testing/cache";
import { intrusion } from "../trusted";

/** Since Node.js 22.8. */
const { enableCompileCache } = nodeModule as typeof nodeModule & { enableCompileCache?: (folder: string) => unknown };

/**
 * Only where no other user could change it: the commands run as root. Without a place for it they start slower, which is
 * all. NODE_COMPILE_CACHE names another place, NODE_DISABLE_COMPILE_CACHE=1 does without; Node.js reads both.
 */
export function keepCompiled(): void {
  if (enableCompileCache === undefined || process.env.NODE_COMPILE_CACHE) return;
  const folder = join(cacheDirectory(), "compiled");
  try {
    let existing = folder;
    while (!existsSync(existing)) existing = dirname(existing);
    if (intrusion(existing) !== undefined) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    // A full or read-only disk.
  }
}
