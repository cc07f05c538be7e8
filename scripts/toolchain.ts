/**
 * The toolchain of the published addons: Clang and LLVM's tools for every architecture, with the C and C++ libraries of
 * Debian 11. Clang cross-compiles, so that no second compiler and no emulator is needed.
 */
import type { Suite } from "../lib/testing/apt";
import { debianRoot } from "./debian-root";

export const ARCHITECTURES = ["x64", "arm64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Its glibc, 2.31, is the oldest that the published addon runs with. */
const SUITE: Suite = "bullseye";
const PACKAGES = [
  ...["libc6", "libc6-dev", "linux-libc-dev", "libgcc-s1", "libgcc-10-dev", "libstdc++-10-dev"],
  "libuv1-dev",
];

/** Debian's name of an architecture, and the compilers'. */
const NAMES: Readonly<Record<Architecture, readonly [debian: string, triple: string]>> = {
  x64: ["amd64", "x86_64-linux-gnu"],
  arm64: ["arm64", "aarch64-linux-gnu"],
};

export interface Toolchain {
  triple: string;
  sysroot: string;
  cc: string;
  cxx: string;
  ar: string;
  ranlib: string;
  strip: string;
}

export function toolchain(architecture: Architecture): Toolchain {
  const [, triple] = NAMES[architecture];
  return {
    triple,
    sysroot: debianRoot("sysroot", SUITE, debianName(architecture), PACKAGES),
    cc: "clang-19",
    cxx: "clang++-19",
    ar: "llvm-ar-19",
    ranlib: "llvm-ranlib-19",
    strip: "llvm-strip-19",
  };
}

/** Debian's name of an architecture. */
export function debianName(architecture: Architecture): string {
  return NAMES[architecture][0];
}

export function architectureOf(name: string): Architecture {
  const found = ARCHITECTURES.find((architecture) => architecture === name);
  if (found === undefined) throw new Error(`unknown architecture ${name}; known: ${ARCHITECTURES.join(", ")}`);
  return found;
}
