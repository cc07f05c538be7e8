/** Bun and Deno, from npm's binaries. */
import { join } from "node:path";
import { cacheDirectory } from "../lib/testing/cache";
import { fromNpm } from "../lib/testing/node";
import { architectureOf } from "./toolchain";

/** The downloads run as root, so their hashes are pinned. */
const BUILDS = {
  x64: {
    bun: {
      package: "@oven/bun-linux-x64",
      version: "1.4.5",
      integrity: "sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==",
      program: "bin/bun",
    },
    deno: {
      package: "@deno/linux-x64-glibc",
      version: "2.9.6",
      integrity: "sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==",
      program: "deno",
    },
  },
  arm64: {
    bun: {
      package: "@oven/bun-linux-aarch64",
      version: "1.4.5",
      integrity: "sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==",
      program: "bin/bun",
    },
    deno: {
      package: "@deno/linux-arm64-glibc",
      version: "2.9.6",
      integrity: "sha512-poqhoH9B3nYloigEMPT5t8HY+wBeiuea1An5Q7fqgJzP0SYmWsoS/oUnWO/pEiA4ofzIBy1Elt/in58xKtxEoQ==",
      program: "deno",
    },
  },
} as const;

/** Returns the path of a runtime's executable, which is downloaded once. */
export function runtime(name: "bun" | "deno"): string {
  const arch = architectureOf(process.arch);
  const { package: from, version, integrity, program } = BUILDS[arch][name];
  return join(
    fromNpm(from, version, integrity, arch, join(cacheDirectory(), "runtimes", `${name}-${version}`)),
    program,
  );
}
