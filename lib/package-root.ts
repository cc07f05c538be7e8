/** Where the package is: what is not code lies beside it, such as profiles and the addon. */
import { join } from "node:path";

/** This file runs as dist/lib/package-root.js, and published in a file of dist/bundle/ (scripts/bundle.mjs). */
export const PACKAGE_ROOT = join(__dirname, "../..");
