/** The kernels that tests are run on, by what each stands for. */
export const MATRIX = {
  /** What the sleepable flag came with, and the oldest that Debian keeps up to date. */
  oldest: "5.10",
  /** Debian 12's own. */
  stable: "6.1",
  /** Debian 13's, and the newest with long-term support. */
  lts: "6.12",
  /** What Debian has newest. To move it: change this line, then npm run gen:profiles, gen:calls, capture:logs, gen:page, npm test, gen:support. */
  newest: "7.3",
} as const;

/** Those that Debian builds, the oldest first. */
export const SERIES: readonly string[] = Object.values(MATRIX);
/** With error injection, which sleepable fentry, fexit and fmod_ret programs need. */
export const KERNELS = [
  MATRIX.oldest,
  `${MATRIX.oldest}-errinj`,
  MATRIX.stable,
  MATRIX.lts,
  `${MATRIX.lts}-errinj`,
  MATRIX.newest,
] as const;
/** Kernels that no table of the precheck was made for: what it says of these follows from rules alone. */
export const UNSEEN = ["6.16", "6.18"] as const;
/** All tests on a kernel of arm64 that has BPF trampolines there. */
export const ARM64 = { kernel: MATRIX.lts, arch: "arm64", pattern: "^kernel/" } as const;
/** Kernels of arm64 whose functions BPF trampolines do not reach: what the precheck says of them. */
export const OLD_ARM64 = [MATRIX.oldest, MATRIX.stable].map(
  (kernel) => ({ kernel, arch: "arm64", pattern: "^kernel/(agreement|precheck|errors)" }) as const,
);
