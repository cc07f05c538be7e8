/** The kernels that tests are run on. */
export const KERNELS: readonly string[] = ["5.10", "5.10-errinj", "6.1", "6.12", "6.12-errinj", "7.3"];
/** All tests on a kernel of arm64 that has BPF trampolines there. */
export const ARM64 = { kernel: "6.12", arch: "arm64", pattern: "^kernel/" } as const;
