/** The cause of an EPERM: the one that is there. */
import { explainPermission, type PermissionFacts, readPermissionFacts } from "../../lib/kernel/permission";

const all: PermissionFacts = {
  capabilities: (1n << 41n) - 1n,
  initialUserNamespace: true,
  lockdown: "none",
  seccomp: 0,
  chargesMemlock: false,
  memlock: 65536,
};

test.each<[string, Partial<PermissionFacts>, boolean, RegExp]>([
  ["no capability", { capabilities: 0n }, false, /lacks CAP_BPF and CAP_PERFMON/],
  ["CAP_BPF alone", { capabilities: 1n << 39n }, false, /lacks CAP_PERFMON$/],
  ["CAP_SYS_ADMIN counts for both", { capabilities: 1n << 21n }, true, /refuses BPF trampolines/],
  ["a user namespace", { initialUserNamespace: false }, false, /user namespace/],
  ["lockdown", { lockdown: "confidentiality" }, true, /locked down/],
  ["lockdown of integrity is no cause", { lockdown: "integrity" }, true, /refuses BPF trampolines/],
  ["memlock on an old kernel", { chargesMemlock: true }, true, /RLIMIT_MEMLOCK is 65536/],
  ["no memlock on a new one", {}, true, /refuses BPF trampolines/],
  [
    "unlimited memlock is no cause",
    { chargesMemlock: true, memlock: Number.POSITIVE_INFINITY },
    true,
    /refuses BPF trampolines/,
  ],
  ["seccomp", { seccomp: 2 }, true, /seccomp/],
  ["none of them, and no trampoline", {}, false, /security module or the platform/],
])("%s", (_, facts, trampoline, cause) => {
  const explained = explainPermission({ ...all, ...facts }, trampoline);
  expect(explained.cause).toMatch(cause);
  expect(explained.hint).toMatch(/\w/);
});

test("the facts of this process can be read", () => {
  const facts = readPermissionFacts();
  expect(typeof facts.capabilities).toBe("bigint");
  expect(facts.memlock).toBeGreaterThanOrEqual(0);
});
