/** The facts of one kernel and its host: the fields of a profile, and the input of every verdict. */
import type { ProbedKind } from "../kinds";
import type { BtfFacts } from "./btf-facts";
import type { Fact } from "./fact";

/** The targets that a kernel accepted and rejected for one kind of program. */
export interface ProbedTargets {
  /** Names of accepted targets. */
  accepted: string[];
  /** Names of rejected targets. */
  refused: string[];
}

export type { ProbedKind };

/** The results of loading sleepable programs on a kernel, by kind. */
export type ProbeResults = Partial<Record<ProbedKind, ProbedTargets>>;

/**
 * Facts about one kernel and host, as plain JSON: the content of a profile and the input of verdicts. A fact that could
 * not be read is `unknown`, with the reason.
 */
export interface KernelFacts extends BtfFacts {
  /** The version of this format. */
  format: 1;
  /** `uname -r`. It is not the upstream version. */
  release: Fact<string>;
  /** The upstream version, such as "6.12.117"; only the series ("6.12") if the stable release is unknown. */
  version: Fact<string>;
  /** The distribution's name of the build, such as "Debian 6.12.117-1~deb12u1". */
  build: Fact<string>;
  /** A vendor that backports BPF from newer kernels, which makes the version unreliable; "" if none. */
  backports: Fact<string>;
  /** `uname -m`, such as "x86_64". */
  architecture: Fact<string>;
  /** Configuration options by name without CONFIG_: "y", "m", "n" or text. */
  config: Fact<Record<string, string>>;
  /** The active security modules, in order. */
  lsms: Fact<string[]>;
  /** Kernel lockdown: "none", "integrity" or "confidentiality". */
  lockdown: Fact<string>;
  /** The effective capabilities of this process that matter to BPF. */
  capabilities: Fact<string[]>;
  /** False in a user namespace, where capabilities do not count for bpf(2). */
  initialUserNamespace: Fact<boolean>;
  /** Whether a seccomp filter is active. */
  seccomp: Fact<boolean>;
  /** Sysctl kernel.unprivileged_bpf_disabled: 0, 1 or 2. */
  unprivilegedBpfDisabled: Fact<number>;
  /**
   * RLIMIT_MEMLOCK: whether BPF memory is charged to it (before Linux 5.11), and the soft limit in bytes; null if
   * unlimited.
   */
  memlock: Fact<{ charged: boolean; limit: number | null }>;
  /** Mount point of bpffs; "" if not mounted. */
  bpffs: Fact<string>;
  /** Mount point of securityfs; "" if not mounted. */
  securityfs: Fact<string>;
  /** Mount point of tracefs; "" if not mounted. */
  tracefs: Fact<string>;
  /** Mount point of debugfs; "" if not mounted. */
  debugfs: Fact<string>;
  /** Loaded modules with BTF, whose functions can be traced too. */
  btfModules: Fact<string[]>;
  /** Functions with error injection, by all their names; those of modules as "module:function". */
  errorInjection: Fact<string[]>;
  /** The results of probing this kernel, or another of the same build, with sleepable programs. */
  probed: Fact<ProbeResults>;
}
