/** The parts of examples/policy-service that need no kernel. The rest: test/service. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { authorizer, tokensFrom } from "../../examples/policy-service/auth";
import { check, readConfig } from "../../examples/policy-service/config";
import { type Decision, Feed, toDecision } from "../../examples/policy-service/decisions";
import { listen } from "../../examples/policy-service/listen";
import { NdjsonWriter } from "../../examples/policy-service/ndjson";
import type { decision } from "../../examples/policy-service/policy.bpf";
import { accountOf, gidOf } from "../../examples/policy-service/privilege";
import { changesOf, compile, Rule, RuleSet } from "../../examples/policy-service/rules";
import { PROJECT_ROOT } from "../../scripts/places";

const EXAMPLE = join(PROJECT_ROOT, "examples/policy-service");
const example = (file: string) => readFileSync(join(EXAMPLE, file), "utf8");
const CAPABILITIES = ["BPF", "PERFMON", "SETUID", "SETGID", "CHOWN"];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe("configuration", () => {
  const least = { listen: { port: 80 }, tokenFile: "/token" };
  const read = (config: unknown) => readConfig(file("config.json", JSON.stringify(config)));

  test("most options have defaults", () => {
    expect(read(least)).toMatchObject({
      listen: { host: "127.0.0.1", port: 80 },
      hooks: ["exec", "open", "connect"],
      policy: { mode: "observe", unresolved: "allow", rules: [], force: false },
    });
  });
  test("the example's configuration is valid", () => {
    expect(readConfig(join(EXAMPLE, "config.json")).policy.rules).toHaveLength(2);
  });
  test.each([
    [{ ...least, listen: {} }, 'listen: expects either "socket" or "port"'],
    [{ ...least, listen: { socket: "/s", port: 1 } }, 'listen: expects either "socket" or "port"'],
    [{ ...least, listen: { socket: "s" } }, "listen.socket: must be an absolute path"],
    [{ ...least, listen: { host: "localhost", port: 1 } }, "listen.host: must be loopback"],
    [{ ...least, listen: { host: "::", port: 1 } }, "listen.host: must be loopback"],
    [{ ...least, listen: { host: "127.1", port: 1 } }, "listen.host: must be loopback"],
    [{ ...least, pin: "/tmp/pins" }, "pin: must be below /sys/fs/bpf"],
    [{ ...least, group: 5 }, '"group" needs "user"'],
    [{ ...least, hooks: ["exec"], require: ["open"] }, '"require" must list hooks of "hooks"'],
    [{ ...least, hooks: [] }, "hooks: "],
    [
      { ...least, policy: { rules: [{ action: "deny", hooks: ["exec"], path: "/a/../b" }] } },
      "policy.rules[0].path: must be",
    ],
    [{ listen: { port: 1 } }, "tokenFile: "],
  ])("%j is refused", (config, why) => {
    expect(() => read(config)).toThrow(why);
  });
  test("the error lists everything that is wrong", () => {
    expect(() => read({ listen: { port: "x" }, extra: 1 })).toThrow(/listen\.port: .*; tokenFile: .*"extra"/);
  });
  test("invalid JSON, and a missing file, are reported", () => {
    expect(() => readConfig(file("config.json", "{"))).toThrow("is not valid JSON");
    expect(() => readConfig(join(folder, "none"))).toThrow("can't be read: ENOENT");
  });
});

describe("rules", () => {
  const rules = (...list: Partial<Rule>[]) =>
    RuleSet.parse({ rules: list.map((rule) => ({ action: "deny", hooks: ["exec"], ...rule })) });
  const cgroupOf = (path: string) => ({ id: 77n, depth: path.split("/").filter(Boolean).length });

  test("are encoded for the kernel", () => {
    const set = compile(rules({ hooks: ["exec", "connect"], uid: 0, path: "/x/", cgroup: "/a/b" }), cgroupOf);
    expect(set).toMatchObject({ hooks: 5, count: 1, enforcing: 0, deny_unresolved: 0 });
    expect(set.rules).toHaveLength(128);
    expect(set.rules[0]).toEqual({
      ...{ hooks: 5, conditions: 7, deny: 1, tell: 1, uid: 0 },
      ...{ cgroup: 77n, cgroup_depth: 2, path: "/x", path_size: 2 },
    });
  });
  test("allowed operations are reported only on request", () => {
    const { rules: compiled } = compile(rules({ action: "allow" }, { action: "allow", tell: true }), cgroupOf);
    expect(compiled.slice(0, 2).map(({ deny, tell }) => [deny, tell])).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });
  test.each<[string, Partial<Rule>[], RegExp | undefined]>([
    ["everything", [{}], /rules\[0\] denies root each exec/],
    ["everything of root", [{ uid: 0 }], /rules\[0\]/],
    ["all paths", [{ path: "/" }], /rules\[0\]/],
    ["the root cgroup", [{ cgroup: "/" }], /rules\[0\]/],
    [
      "all that is not allowed",
      [{ action: "allow", path: "/usr" }, { hooks: ["open", "exec"] }],
      /rules\[1\] denies root each exec/,
    ],
    ["one user", [{ uid: 5 }], undefined],
    ["a folder", [{ path: "/x" }], undefined],
    ["all but root", [{ action: "allow", uid: 0 }, {}], undefined],
  ])("denying %s", (_, list, refused) => {
    if (refused === undefined) expect(() => compile(rules(...list), cgroupOf)).not.toThrow();
    else expect(() => compile(rules(...list), cgroupOf)).toThrow(refused);
    expect(() => compile({ ...rules(...list), force: true }, cgroupOf)).not.toThrow();
  });
  test("exactly the paths that the kernel produces are accepted", () => {
    const segment = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/[/\0]/.test(text));
    const isPlain = (text: string) => text !== "." && text !== "..";
    const takes = (path: string) => Rule.safeParse({ action: "deny", hooks: ["exec"], path }).success;
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 4 }), (segments) => {
        expect(takes(`/${segments.join("/")}`)).toBe(segments.every(isPlain));
        expect(takes(segments.join("/"))).toBe(false);
        expect(takes(`/a//${segments.join("/")}`)).toBe(false);
      }),
    );
  });
});

test("the differences between two sets are reported by the rules' names", () => {
  const [one, two] = [
    { name: "one", action: "deny", hooks: ["exec"] },
    { action: "allow", hooks: ["open"] },
  ] as const;
  const before = RuleSet.parse({ mode: "enforce", rules: [one, two] });
  expect(changesOf(before, before)).toEqual({ added: [], removed: [] });
  const after = RuleSet.parse({ unresolved: "deny", rules: [two, { ...one, name: "again" }] });
  expect(changesOf(before, after)).toEqual({
    mode: ["enforce", "observe"],
    unresolved: ["allow", "deny"],
    added: ["again"],
    removed: ["one"],
  });
  expect(changesOf(after, RuleSet.parse({})).removed).toEqual([two, "again"]);
});

describe("the token", () => {
  const token = "0123456789abcdef";
  test("is the content of the file", () => {
    const authorize = tokensFrom(file("token", `${token}\n`));
    expect(authorize(`Bearer ${token}`)).toBe("api");
    const others = [undefined, "", token, `bearer ${token}`, `Bearer ${token} `];
    expect(others.map(authorize)).toEqual(others.map(() => undefined));
  });
  test("has an owner, if the file names one", () => {
    const authorize = tokensFrom(file("token", `ann ${token}\nbob.b@x\t${token}2\n`));
    expect([`${token}`, `${token}2`, `${token}3`].map((one) => authorize(`Bearer ${one}`))).toEqual([
      ...["ann", "bob.b@x"],
      undefined,
    ]);
  });
  test("no other text is accepted", () => {
    const authorize = authorizer(new Map([["ann", token]]));
    fc.assert(fc.property(fc.string(), (text) => !authorize(text) && !authorize(`Bearer ${text}`)));
  });
  test.each([
    ["short", 0o600, "one word of 16"],
    ["two words of some length", 0o600, "one word"],
    [token, 0o604, "accessible to all users"],
  ])("%j with mode %o is refused", (content, mode, why) =>
    expect(() => tokensFrom(file("token", content, mode))).toThrow(why),
  );
  test("must exist", () => expect(() => tokensFrom(join(folder, "none"))).toThrow("can't be read"));
});

describe("decisions", () => {
  const event: decision = {
    ...{ time: 1_500_000_000n, generation: 3n, cgroup: 2n ** 60n, pid: 7, uid: 8, rule: 1, hook: "OPEN" },
    ...{ verdict: "WOULD_DENY", unresolved: 0, comm: "cat", address: new Uint8Array(28), path: "/x", path_size: 2 },
  };
  const names = (generation: bigint, index: number) => (generation === 3n && index === 1 ? "mine" : undefined);
  const decisionOf = (more: Partial<decision> = {}) => toDecision({ ...event, ...more }, 9, 1000, names);

  test("have the fields that a reader needs", () => {
    expect(decisionOf()).toEqual({
      ...{ id: 9, time: "1970-01-01T00:00:02.500Z", hook: "open", verdict: "would-deny", rule: "mine", generation: 3 },
      ...{ pid: 7, uid: 8, cgroup: String(2n ** 60n), comm: "cat", path: "/x" },
    });
  });
  test("mark unknown and truncated fields", () => {
    expect(decisionOf({ generation: 2n })).toMatchObject({ rule: "#1" });
    expect(decisionOf({ rule: -1 })).not.toHaveProperty("rule");
    expect(decisionOf({ path: "", path_size: 0, unresolved: 1 })).not.toHaveProperty("path");
    expect(decisionOf({ path_size: 600 })).toMatchObject({ truncated: true });
  });
  test.each([
    ["02000050 7f000001", "127.0.0.1:80"],
    ["0a0001bb 00000000 00000000000000000000000000000001 00000000", "[::1]:443"],
    ["0a0001bb 00000000 20010db8000000000000000000000001 00000000", "[2001:db8::1]:443"],
  ])("address %s is %s", (hex, text) => {
    const address = new Uint8Array(28);
    address.set(Buffer.from(hex.replaceAll(" ", ""), "hex"));
    expect(decisionOf({ address }).address).toBe(text);
  });
  test("the latest ones are kept for later listeners", () => {
    const feed = new Feed();
    const got: number[] = [];
    const end = feed.listen((decisions) => got.push(...decisions.map(({ id }) => id)));
    const batch = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index): Decision => ({ ...decisionOf(), id: from + index }));
    feed.publish(batch(1, 400));
    end();
    feed.publish(batch(400, 801));
    expect(got).toHaveLength(399);
    expect(feed.since(0).map(({ id }) => id)).toEqual(batch(301, 801).map(({ id }) => id));
    expect(feed.since(799).map(({ id }) => id)).toEqual([800]);
  });
  test("are lines of a file, and of a new one after it was moved", async () => {
    const path = join(folder, "decisions");
    const writer = new NdjsonWriter(path, (error) => {
      throw error;
    });
    writer.write([decisionOf(), decisionOf()]);
    writer.reopen();
    writer.write([decisionOf()]);
    await writer.close();
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line))).toEqual(Array(3).fill(decisionOf()));
  });
});

describe("files of other users in the service's folders stay unchanged", () => {
  const other = { uid: 54321, gid: 54321 };
  const fail = (error: Error) => {
    throw error;
  };

  test("a link in place of the log", () => {
    const target = file("shadow", "secret");
    symlinkSync(target, join(folder, "decisions"));
    expect(() => new NdjsonWriter(join(folder, "decisions"), fail, other)).toThrow(/ELOOP/);
    expect(statSync(target).uid).toBe(process.geteuid?.());
  });

  test("a second link of a file whose owner must not change", () => {
    const target = file("shadow", "secret");
    linkSync(target, join(folder, "decisions"));
    expect(() => new NdjsonWriter(join(folder, "decisions"), fail, other)).toThrow(/has other links/);
    expect(statSync(target).uid).toBe(process.geteuid?.());
  });

  test.each(["a file", "a folder", "a link"])("%s at the socket's path", async (what) => {
    const target = file("data", "kept");
    const socket = join(folder, "socket");
    if (what === "a file") writeFileSync(socket, "kept");
    else if (what === "a folder") mkdirSync(socket);
    else symlinkSync(target, socket);
    const where = { socket, mode: "0600" } as never;
    await expect(listen({} as never, where, other)).rejects.toThrow(/is not a socket: it was not replaced/);
    expect(lstatSync(socket).isSocket()).toBe(false);
    expect(readFileSync(target, "utf8")).toBe("kept");
  });

  test("a socket gets the configured mode and group", async () => {
    const path = join(folder, "socket");
    const server = createServer();
    const app = { listen: () => new Promise<void>((resolve) => server.listen(path, resolve)) } as never;
    const self = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
    try {
      expect(await listen(app, { socket: path, mode: "0620" } as never, self)).toBe(path);
      expect(statSync(path).mode & 0o7777).toBe(0o620);
    } finally {
      server.close();
    }
  });
});

describe("accounts", () => {
  test("are found by name and number", () => {
    expect(accountOf("root")).toEqual({ uid: 0, gid: 0 });
    expect(accountOf(0)).toEqual({ uid: 0, gid: 0 });
    expect(accountOf(54321, 5)).toEqual({ uid: 54321, gid: 5 });
    expect(gidOf("root")).toBe(0);
  });
  test("that do not exist are named", () => {
    expect(() => accountOf("nobody-at-all")).toThrow("there is no user nobody-at-all in /etc/passwd");
    expect(() => accountOf(54321)).toThrow('set "group"');
    expect(() => gidOf("nobody-at-all")).toThrow("there is no group");
  });
});

test("an error of the schema names the place", () => {
  expect(() => check(Rule, { action: "deny", hooks: ["exec"], uid: -1 }, "rule")).toThrow(/^rule: uid: /);
});

describe("deployment files", () => {
  test("the folder can be copied: its dependencies have the tested versions", () => {
    const own = JSON.parse(example("package.json"));
    const ours = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8"));
    const { "node-libbpf": library, ...others } = own.dependencies;
    expect(library).toBe(`^${ours.version}`);
    for (const [name, range] of Object.entries({ ...others, ...own.devDependencies })) {
      expect([name, range]).toEqual([name, ours.devDependencies[name]]);
    }
    expect(own.engines).toEqual(ours.engines);
  });
  test("the systemd unit is valid, and has the minimal capabilities", () => {
    const { stderr, error } = spawnSync("systemd-analyze", ["verify", join(EXAMPLE, "policy-service.service")], {
      encoding: "utf8",
    });
    // The only failure: the programs that it starts are not installed here.
    const complaints = error ? [] : stderr.split("\n").filter((line) => line && !/is not executable/.test(line));
    expect(complaints).toEqual([]);
    const [, bounding] = /^CapabilityBoundingSet=(.*)$/m.exec(example("policy-service.service")) ?? [];
    expect(bounding?.split(" ")).toEqual(CAPABILITIES.map((name) => `CAP_${name}`));
  });
  test("the DaemonSet mounts what the service needs, and has the same capabilities", () => {
    const [configMap, daemonSet] = parseAllDocuments(example("daemonset.yaml")).map((document) => document.toJS());
    const { spec } = daemonSet.spec.template;
    const [{ securityContext, volumeMounts }] = spec.containers;
    expect(spec.hostPID).toBe(true);
    expect(securityContext.capabilities).toEqual({ drop: ["ALL"], add: CAPABILITIES });
    const mounted = volumeMounts.map(({ name }: { name: string }) => name).sort();
    expect(mounted).toEqual(spec.volumes.map(({ name }: { name: string }) => name).sort());
    const paths = volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    expect(paths).toEqual(expect.arrayContaining(["/sys/fs/bpf", "/sys/kernel/security", "/sys/fs/cgroup"]));
    const config = readConfig(file("config.json", configMap.data["config.json"]));
    expect(config.tokenFile).toBe("/var/run/secrets/policy-service/token");
  });
  test("the Dockerfile's run line has the same capabilities", () => {
    const added = [...example("Dockerfile").matchAll(/--cap-add (\w+)/g)].map(([, name]) => name);
    expect(added).toEqual(CAPABILITIES);
  });
});
