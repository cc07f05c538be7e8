/**
 * Determines the capabilities of each operation: it starts with none and adds what the error names until the operation
 * succeeds; then it removes each one again.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createMap } from "node-libbpf";
import { PROJECT_ROOT } from "../../scripts/places";
import { objectPath } from "../bpf/objects";
import { kernelTest, kprobes, type Need, systemCallTracepoints, vmKernel } from "./needs";

const setpriv: Need = {
  what: "setpriv",
  present: () => existsSync("/usr/bin/setpriv"),
  expected: vmKernel !== undefined && process.arch === "x64",
};

const NOBODY = "65534";
const PARANOIA = "/proc/sys/kernel/perf_event_paranoid";

/** Tries operations; prints the result of each. */
const script = (id: number) => `
  const { attachedTo, createMap, enableStats, open, openMapById, programs } = require(${JSON.stringify(PROJECT_ROOT)});
  const map = (type, more) => createMap({ type, keySize: 4, valueSize: 4, maxEntries: 4, ...more }).close();
  const attach = (path, name, options) => {
    const spec = open(path);
    for (const program of Object.values(spec.programs)) program.autoload = program.name === name;
    const object = spec.loadSync({ precheck: "off" });
    try { object.programs[name].attach(options).close(); } finally { object.close(); }
  };
  const operations = {
    hash: () => map("hash"),
    sockmap: () => map("sockmap"),
    "map by id": () => openMapById(${id}).close(),
    "programs by id": () => [...programs()],
    statistics: () => enableStats().close(),
    "what is attached": () => attachedTo({ netns: "/proc/self/ns/net", attachType: "sk_lookup" }),
    "perf buffer": () => {
      const map = createMap({ type: "perf_event_array", maxEntries: 64 });
      try { map.read(); } finally { map.close(); }
    },
    raw_tp: () => attach(${JSON.stringify(objectPath("cycle"))}, "on_task"),
    iter: () => attach(${JSON.stringify(objectPath("iter"))}, "list_tasks"),
    xdp: () => attach(${JSON.stringify(objectPath("variables"))}, "sum", { interface: "lo" }),
    uprobe: () => attach(${JSON.stringify(objectPath("events"))}, "on_call",
      { path: process.execPath, function: "uv_os_getpriority", pid: process.pid }),
    kprobe: () => attach(${JSON.stringify(objectPath("probes"))}, "on_kprobe"),
    tracepoint: () => attach(${JSON.stringify(objectPath("probes"))}, "on_tracepoint"),
  };
  const results = {};
  for (const name of process.argv.slice(1)) {
    try { operations[name](); results[name] = "ok"; } catch (error) { results[name] = error.code + ": " + error.message; }
  }
  console.log(JSON.stringify(results));`;

const OPERATIONS = [
  ...["hash", "sockmap", "map by id", "programs by id", "statistics", "what is attached", "perf buffer", "raw_tp"],
  ...["iter", "xdp", "uprobe"],
];
const PROBES: readonly (readonly [string, Need])[] = [
  ["kprobe", kprobes],
  ["tracepoint", systemCallTracepoints],
];

kernelTest("the capabilities that an error names are the required ones", [setpriv], async () => {
  const paranoia = readFileSync(PARANOIA, "utf8");
  // Only this kernel's level counts: distributions add levels of their own.
  if (vmKernel !== undefined) writeFileSync(PARANOIA, "2");
  using map = createMap({ type: "hash", keySize: 4, valueSize: 4, maxEntries: 4 });
  const code = script(map.id);
  const attempt = (names: readonly string[], capabilities: readonly string[]): Record<string, string> => {
    const set = ["-all", ...capabilities.map((name) => name.replace("CAP_", "+").toLowerCase())].join(",");
    const user = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--inh-caps", set, "--ambient-caps", set];
    const command = [...user, process.execPath, "-e", code, ...names];
    const { stdout, stderr } = spawnSync("/usr/bin/setpriv", command, { encoding: "utf8", cwd: "/" });
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  };
  const known = new Map<string, string>();
  /** Operations of one set run in one process, once: under emulation a process takes seconds to start. */
  const tried = (cases: readonly (readonly [name: string, capabilities: readonly string[]])[]) => {
    const key = (name: string, capabilities: readonly string[]) => `${name} ${capabilities.join()}`;
    const groups = new Map<string, Set<string>>();
    for (const [name, capabilities] of cases) {
      if (known.has(key(name, capabilities))) continue;
      const set = capabilities.join();
      groups.set(set, (groups.get(set) ?? new Set()).add(name));
    }
    for (const [set, names] of groups) {
      const results = attempt([...names], set === "" ? [] : set.split(","));
      for (const [name, result] of Object.entries(results)) known.set(`${name} ${set}`, result);
    }
    return cases.map(([name, capabilities]) => [name, capabilities, known.get(key(name, capabilities)) ?? ""] as const);
  };

  try {
    const names = [...OPERATIONS, ...PROBES.flatMap(([name, need]) => (need.present() ? name : []))];
    const needed = new Map<string, readonly string[]>();
    let open: (readonly [string, readonly string[]])[] = names.map((name) => [name, []]);
    while (open.length > 0) {
      const next: typeof open = [];
      for (const [name, given, result] of tried(open)) {
        const named = /this process lacks ((?:CAP_\w+(?:, | and )?)+)/i.exec(result)?.[1]?.match(/CAP_\w+/g) ?? [];
        const more = named.filter((capability) => !given.includes(capability));
        if (result === "ok") needed.set(name, given);
        else if (more.length > 0) next.push([name, [...given, ...more].sort()]);
        else throw new Error(`${name} with ${given.join(", ")}: ${result}`);
      }
      open = next;
    }
    // Each capability was needed: without any one of them the operation is refused, and the error names it.
    const dropped = [...needed].flatMap(([name, all]) =>
      all
        // CAP_SYS_ADMIN replaces the others.
        .filter((capability) => capability === "CAP_SYS_ADMIN" || !all.includes("CAP_SYS_ADMIN"))
        .map((capability) => [name, all.filter((other) => other !== capability), capability] as const),
    );
    for (const [index, [name, , result]] of tried(dropped.map(([name, left]) => [name, left])).entries()) {
      expect(`${name}: ${result}`).not.toMatch(/^\S+: ok$/);
      expect(`${name}: ${result}`).toContain(dropped[index]?.[2]);
    }
    expect(needed.get("hash")).toEqual(["CAP_BPF"]);
    expect(needed.get("sockmap")).toEqual(["CAP_BPF", "CAP_NET_ADMIN"]);
  } finally {
    if (vmKernel !== undefined) writeFileSync(PARANOIA, paranoia);
  }
});
