/** What is known of one kernel and its host: the fields of a profile, and the input of every verdict. */
import type { BtfFacts } from "./btf-facts";
import type { Fact } from "./fact";

/** Names that one kernel accepted and refused for one kind of program. */
export interface ProbedTargets {
  accepted: string[];
  refused: string[];
}

/** Kinds of programs whose targets can be probed by loading. */
export type ProbedKind = "lsm" | "tp_btf" | "fentry" | "fexit" | "fmod_ret";

/** What a kernel answered when it was asked to load sleepable programs. */
export type ProbeResults = Partial<Record<ProbedKind, ProbedTargets>>;

/**
 * Facts about one kernel and host, as plain JSON: what a profile holds, and what verdicts are made of.
 * A fact that could not be read is `unknown`, with the reason.
 */
export interface KernelFacts extends BtfFacts {
  /** The version of this format. */
  format: 1;
  /** `uname -r`, which is not the version. */
  release: Fact<string>;
  /** The upstream version, such as "6.12.117"; a series alone ("6.12") where the stable release is not known. */
  version: Fact<string>;
  /** The distribution's name for the build, such as "Debian 6.12.117-1~deb12u1". */
  build: Fact<string>;
  /** A vendor that takes BPF over from newer kernels, so that the version says little; "" for none. */
  backports: Fact<string>;
  /** `uname -m`, such as "x86_64". */
  architecture: Fact<string>;
  /** Options by their names without CONFIG_: "y", "m", "n" or a text. */
  config: Fact<Record<string, string>>;
  /** The active security modules, in order. */
  lsms: Fact<string[]>;
  /** "none", "integrity" or "confidentiality". */
  lockdown: Fact<string>;
  /** The effective ones of this process that BPF asks for. */
  capabilities: Fact<string[]>;
  /** False in a user namespace, where capabilities do not count for bpf(2). */
  initialUserNamespace: Fact<boolean>;
  /** A seccomp filter is active. */
  seccomp: Fact<boolean>;
  /** kernel.unprivileged_bpf_disabled: 0, 1 or 2. */
  unprivilegedBpfDisabled: Fact<number>;
  /** Whether BPF memory counts against RLIMIT_MEMLOCK (before Linux 5.11), and the soft limit in bytes; null for none. */
  memlock: Fact<{ charged: boolean; limit: number | null }>;
  /** Where file systems are mounted; an empty text if they are not. */
  bpffs: Fact<string>;
  securityfs: Fact<string>;
  tracefs: Fact<string>;
  debugfs: Fact<string>;
  /** Modules with BTF of their own, whose functions can be traced too. */
  btfModules: Fact<string[]>;
  /** Functions that errors may be injected into, by every name they have; a module's as "module:function". */
  errorInjection: Fact<string[]>;
  /** What this kernel, or another of the same build, answered to sleepable programs. */
  probed: Fact<ProbeResults>;
}
