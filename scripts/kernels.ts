/** The kernels that tests run on, by role. */
export const MATRIX = {
  /** The first release with sleepable programs, and the oldest that Debian maintains. */
  oldest: "5.10",
  /** Debian 12's kernel. */
  stable: "6.1",
  /** Debian 13's kernel, and the newest with long-term support. */
  lts: "6.12",
  /**
   * Debian's newest kernel. To change it: change this line, then run npm run gen:profiles, gen:calls, capture:logs,
   * gen:page, npm test, gen:support.
   */
  newest: "7.3",
} as const;

/** The kernels that Debian builds, the oldest first. */
export const SERIES: readonly string[] = Object.values(MATRIX);
/** Kernels with error injection, which sleepable fentry, fexit and fmod_ret programs need. */
export const KERNELS = [
  MATRIX.oldest,
  `${MATRIX.oldest}-errinj`,
  MATRIX.stable,
  MATRIX.lts,
  `${MATRIX.lts}-errinj`,
  MATRIX.newest,
] as const;
/** Kernels without measured data in the precheck's tables: their verdicts follow from rules alone. */
export const UNSEEN = ["6.16", "6.18"] as const;
/**
 * An arm64 kernel that has BPF trampolines. It is emulated at half the speed: without the longest tests, which run no code
 * of their own for an architecture.
 */
export const ARM64 = { kernel: MATRIX.lts, arch: "arm64", pattern: "^kernel/(?!cli|policy|arguments)" } as const;
/** arm64 kernels without BPF trampolines to kernel functions, to test the precheck. */
export const OLD_ARM64 = [MATRIX.oldest, MATRIX.stable].map(
  (kernel) => ({ kernel, arch: "arm64", pattern: "^kernel/(agreement|precheck|errors)" }) as const,
);
