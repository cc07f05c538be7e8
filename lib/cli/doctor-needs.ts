/** Requirements of sleepable LSM programs for loading and for running. */
import { type Fact, given, isKnown, mapFact } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import { missingCapabilities } from "../kernel/permission";
import { MOUNT } from "./doctor-extras";
import { factLine, isKernelSince, type Line, line } from "./doctor-line";

/** Requirements for loading: a successful load proves all of them. */
export function toLoad(facts: KernelFacts): Line[] {
  const { seccomp, initialUserNamespace } = facts;
  return [
    kernel(facts),
    btf(facts),
    ...["BPF_SYSCALL", "BPF_JIT", "BPF_LSM"].map((option) => configured(option, facts)),
    capabilities(facts.capabilities),
    factLine("user-namespace", initialUserNamespace, Boolean, {
      ok: "this is the initial user namespace",
      bad: "this process is in a user namespace, where its capabilities do not count for BPF",
      unknown: "can't determine whether this is the initial user namespace",
      remedy: "Run it in the initial user namespace: in a container, without user remapping",
    }),
    given(seccomp) === false
      ? line("seccomp", "ok", seccomp, "no seccomp filter is active")
      : line(
          "seccomp",
          "unknown",
          seccomp,
          "a seccomp filter may refuse bpf(2)",
          "Allow bpf(2) in the seccomp profile",
        ),
    memlock(facts),
  ];
}

function kernel(facts: KernelFacts): Line {
  const remedy = "Use Linux 5.10 or newer";
  const since = isKernelSince("5.10", facts);
  if (since) return line("kernel", "ok", facts.version, "the kernel supports BPF_F_SLEEPABLE");
  // A vendor's 4.18 may have it.
  return since === undefined || given(facts.backports) !== ""
    ? line("kernel", "unknown", facts.version, "can't determine whether the kernel supports BPF_F_SLEEPABLE", remedy)
    : line("kernel", "bad", facts.version, "the kernel is older than BPF_F_SLEEPABLE", remedy);
}

function btf({ btfSize, config }: KernelFacts): Line {
  const found = factLine("btf", btfSize, () => true, {
    ok: "the kernel has BTF, which is needed to find hooks",
    bad: "",
    unknown: "the kernel's BTF, which is needed to find hooks, can't be read",
    remedy: "Use a kernel with CONFIG_DEBUG_INFO_BTF=y, and mount sysfs",
  });
  return found.state === "unknown" && given(config)?.DEBUG_INFO_BTF === "n" ? { ...found, state: "bad" } : found;
}

function configured(option: string, { config, lsmHooks }: KernelFacts): Line {
  const name = `CONFIG_${option}`;
  const words = { ok: `${name} is on`, bad: `${name} is off`, unknown: `can't determine whether ${name} is on` };
  const remedy = `Use a kernel with ${name}=y`;
  if (isKnown(config))
    return factLine(
      name,
      mapFact(config, (all) => all[option] ?? "n"),
      (value) => value === "y",
      { ...words, remedy },
    );
  // BPF_LSM depends on the others, and its hooks are functions bpf_lsm_*.
  const hooks = mapFact(lsmHooks, ({ length }) => `${length} functions bpf_lsm_*`);
  if ((given(lsmHooks)?.length ?? 0) > 0) return line(name, "ok", hooks, words.ok);
  const off = option === "BPF_LSM" && isKnown(hooks);
  return off ? line(name, "bad", hooks, words.bad, remedy) : line(name, "unknown", config, words.unknown, remedy);
}

function capabilities(fact: Fact<string[]>): Line {
  const missing = missingCapabilities(given(fact) ?? []).join(" and ");
  return factLine("capabilities", fact, () => missing === "", {
    ok: "this process may load LSM programs",
    bad: `this process lacks ${missing}`,
    unknown: "can't determine whether this process may load LSM programs",
    remedy: `Run it as root, or give it ${missing}`,
    show: given(fact)?.join(", ") || "none",
  });
}

function memlock({ memlock, capabilities }: KernelFacts): Line {
  // libbpf raises the limit before the first load if it may.
  const mayRaise = given(capabilities)?.includes("CAP_SYS_RESOURCE") ?? false;
  const limit = given(memlock)?.limit;
  return factLine("memlock", memlock, ({ charged, limit }) => !charged || limit === null || mayRaise, {
    ok: "RLIMIT_MEMLOCK does not restrict BPF memory",
    bad: "BPF memory counts against RLIMIT_MEMLOCK before Linux 5.11, and this process may not raise it",
    unknown: "can't determine whether RLIMIT_MEMLOCK restricts BPF memory",
    remedy: "Raise it: ulimit -l unlimited, or LimitMEMLOCK=infinity in the service's unit",
    show: `${limit === null || limit === undefined ? "no limit" : `${limit} bytes`}${given(memlock)?.charged ? ", and counts" : ", does not count since Linux 5.11"}`,
  });
}

/** Without it a program loads and attaches, but never runs. */
export function activeLsm({ lsms, config, securityfs }: KernelFacts): Line {
  const built = given(config)?.LSM;
  const has = built?.split(",").includes("bpf") ? "has" : "lacks";
  const hint = built === undefined ? "" : ` (CONFIG_LSM ${has} it, but lsm= on the boot line overrides that)`;
  const place = given(securityfs);
  const look = place ? `Check ${place}/lsm` : `Mount securityfs: ${MOUNT.securityfs}`;
  return factLine("active-lsms", lsms, (names) => names.includes("bpf"), {
    ok: "bpf is among the active LSMs",
    bad: "bpf is not among the active LSMs: programs would be attached and never run",
    unknown: `can't determine whether bpf is among the active LSMs${hint}`,
    remedy: isKnown(lsms) ? `Boot with lsm=${[...lsms.value, "bpf"].join(",")}` : look,
  });
}
