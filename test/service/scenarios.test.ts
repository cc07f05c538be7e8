/** The policy service from end to end: a separate service for each part, and its effect on real processes. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { codecs, createMap } from "node-libbpf";
import type { Decision } from "../../examples/policy-service/decisions";
import type { Rule } from "../../examples/policy-service/rules";
import { bpfLsm, kernelTest, PINS, since } from "../kernel/needs";
import { connect, exec, inCgroup, open, output, Target } from "./acts";
import { NOBODY, Place, Service, TOKEN } from "./service";
import { upgradeOften } from "./upgrade";

const scenario = (name: string, run: () => Promise<void>, timeout?: number) =>
  kernelTest(name, [bpfLsm, since("6.12")], run, timeout);
const deny = (more: Partial<Rule> & Pick<Rule, "hooks">): Rule => ({ action: "deny", ...more });
const lines = (file: string): Decision[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Decision);

describe("while it runs", () => {
  let place: Place;
  let service: Service;
  let target: Target;
  let other: Target;
  let server: Server;
  let port: number;

  beforeAll(async () => {
    if (!bpfLsm.present()) return;
    place = new Place();
    chmodSync(place.folder, 0o755);
    target = new Target(join(place.folder, "deny"));
    other = new Target(join(place.folder, "deny2"));
    server = createServer((socket) => socket.end()).listen(0, "::");
    await once(server, "listening");
    port = (server.address() as { port: number }).port;
    place.configure({ user: "nobody", decisions: place.decisions, metrics: { port: 0 } });
    chmodSync(place.file, 0o644);
    service = await Service.start(place);
  });
  afterAll(async () => {
    await service?.stop();
    server?.close();
    place?.remove();
  });
  beforeEach(async () => {
    if (bpfLsm.present()) await service.rules([]);
  });

  const told = (fits: (decision: Decision) => boolean) => service.decision(fits);

  describe("execs", () => {
    scenario("a program below a path is denied, and others run", async () => {
      expect(target.exec()).toBe("done");
      await service.rules([deny({ hooks: ["exec"], path: target.folder })]);
      expect([target.exec(), exec("/bin/true")]).toEqual(["EPERM", "done"]);
    });
    scenario("the decision has the process, the path and the rule", async () => {
      const generation = await service.rules([deny({ name: "mine", hooks: ["exec"], path: target.folder })]);
      const { pid, error } = spawnSync(target.program, { uid: 1234, gid: 1234 });
      expect(error).toMatchObject({ code: "EPERM" });
      const decision = await told((decision) => decision.generation === generation);
      expect(decision).toMatchObject({
        ...{ hook: "exec", verdict: "denied", rule: "mine", path: target.program, uid: 1234, comm: "node" },
      });
      expect(decision).not.toHaveProperty("unresolved");
      expect(Math.abs(Date.parse(decision.time) - Date.now())).toBeLessThan(60_000);
      expect(pid).toBe(0);
    });
    scenario("one file is denied, but not another one next to it", async () => {
      const copy = new Target(join(target.folder, "sub"));
      await service.rules([deny({ hooks: ["exec"], path: target.program })]);
      expect([target.exec(), copy.exec()]).toEqual(["EPERM", "done"]);
    });
    scenario("a prefix ends at a directory's boundary", async () => {
      await service.rules([deny({ hooks: ["exec"], path: target.folder })]);
      expect([target.exec(), other.exec()]).toEqual(["EPERM", "done"]);
    });
    scenario("a trailing slash in a rule's path changes nothing", async () => {
      await service.rules([deny({ hooks: ["exec"], path: `${target.folder}/` })]);
      expect([target.exec(), other.exec()]).toEqual(["EPERM", "done"]);
    });
    scenario("a symbolic link does not evade a rule", async () => {
      const link = join(other.folder, "link");
      symlinkSync(target.program, link);
      await service.rules([deny({ hooks: ["exec"], path: target.folder })]);
      expect(exec(link)).toBe("EPERM");
      rmSync(link);
    });
    scenario("a script's interpreter is checked too", async () => {
      const script = join(other.folder, "script");
      symlinkSync("true", join(target.folder, "sh"));
      writeFileSync(script, `#!${target.folder}/sh\n`, { mode: 0o755 });
      await service.rules([deny({ hooks: ["exec"], path: target.folder })]);
      expect(exec(script)).toBe("EPERM");
    });
    scenario("one user is denied, and others are not", async () => {
      await service.rules([deny({ hooks: ["exec"], uid: 1234 })]);
      expect([target.exec({ uid: 1234 }), target.exec({ uid: 1235 }), target.exec()]).toEqual([
        "EPERM",
        "done",
        "done",
      ]);
    });
    scenario("all conditions of a rule must hold", async () => {
      await service.rules([deny({ hooks: ["exec"], uid: 1234, path: target.folder })]);
      const results = [target.exec({ uid: 1234 }), target.exec({ uid: 1235 }), other.exec({ uid: 1234 })];
      expect(results).toEqual(["EPERM", "done", "done"]);
    });
    scenario("the first rule that matches decides", async () => {
      const allow: Rule = { action: "allow", hooks: ["exec"], path: target.program };
      await service.rules([allow, deny({ hooks: ["exec"], path: place.folder })]);
      expect([target.exec(), other.exec()]).toEqual(["done", "EPERM"]);
      await service.rules([deny({ hooks: ["exec"], path: place.folder }), allow]);
      expect([target.exec(), other.exec()]).toEqual(["EPERM", "EPERM"]);
    });
    scenario("decisions of an allow rule are reported if it says so", async () => {
      const rule: Rule = { name: "seen", action: "allow", hooks: ["exec"], path: target.folder, tell: true };
      const generation = await service.rules([rule]);
      expect(target.exec()).toBe("done");
      const decision = await told((decision) => decision.generation === generation);
      expect(decision).toMatchObject({ verdict: "allowed", rule: "seen", path: target.program });
    });
    scenario('in mode "observe" everything runs, and would-be denials are reported', async () => {
      const generation = await service.rules([deny({ hooks: ["exec"], path: target.folder })], { mode: "observe" });
      expect(target.exec()).toBe("done");
      const decision = await told((decision) => decision.generation === generation);
      expect(decision).toMatchObject({ verdict: "would-deny", rule: "#0", path: target.program });
    });
    scenario("a cgroup is denied, and those below it, and no other", async () => {
      for (const name of ["policy", "policy/sub", "policy2"]) mkdirSync(`/sys/fs/cgroup/${name}`);
      await service.rules([deny({ hooks: ["exec"], cgroup: "/policy", path: target.folder })]);
      const run = (cgroup: string) => inCgroup(cgroup, `${target.program} && echo ran`);
      expect(await Promise.all(["/policy", "/policy/sub", "/policy2"].map(run))).toEqual(["", "", "ran\n"]);
      for (const name of ["policy/sub", "policy", "policy2"]) rmdirSync(`/sys/fs/cgroup/${name}`);
    });
  });

  describe("file opens", () => {
    scenario("a file below a path is denied, and others are read", async () => {
      await service.rules([deny({ hooks: ["open"], path: target.folder })]);
      expect([target.open(), other.open()]).toEqual(["EPERM", "done"]);
    });
    scenario("a rule for opens does not affect execs", async () => {
      await service.rules([deny({ hooks: ["exec"], path: target.folder })]);
      expect([target.exec(), target.open()]).toEqual(["EPERM", "done"]);
    });
    scenario("one user is denied, and others are not", async () => {
      await service.rules([deny({ hooks: ["open"], uid: 1234, path: target.folder })]);
      const cat = (uid: number) => spawnSync("cat", [target.file], { uid, encoding: "utf8" }).stdout;
      expect([cat(1234), cat(1235)]).toEqual(["", "what it says"]);
    });
    scenario("a cgroup is denied, and others are not", async () => {
      mkdirSync("/sys/fs/cgroup/policy");
      await service.rules([deny({ hooks: ["open"], cgroup: "/policy", path: target.folder })]);
      expect([await inCgroup("/policy", `cat ${target.file}`), target.open()]).toEqual(["", "done"]);
      rmdirSync("/sys/fs/cgroup/policy");
    });
    scenario("the service's own opens are never denied", async () => {
      await service.rules([deny({ hooks: ["open"], path: place.folder })]);
      expect(open(place.file)).toBe("EPERM");
      await service.signal("SIGUSR2", "configuration reloaded");
      expect(open(place.file)).toBe("done");
    });

    // Deeper than the longest path; it stays there, because no path can remove it.
    const deep = (script: string) => {
      const down = `i=0; while [ $i -lt 30 ]; do mkdir -p ${"d".repeat(200)}; cd -P ${"d".repeat(200)}; i=$((i+1)); done`;
      return spawnSync("/bin/sh", ["-c", `${down}; ${script}`], { cwd: "/tmp", encoding: "utf8" }).stdout;
    };
    scenario("a path that can't be resolved is allowed, and counted", async () => {
      expect(deep("echo deep > f; cat f")).toBe("deep\n");
      const before = await service.metric('policy_unresolved_total{hook="open"}');
      const generation = await service.rules([deny({ hooks: ["open"], path: target.folder })]);
      expect(deep("cat f")).toBe("deep\n");
      const decision = await told((decision) => decision.generation === generation && decision.unresolved === true);
      expect(decision).toMatchObject({ verdict: "allowed", unresolved: true });
      expect(decision).not.toHaveProperty("path");
      expect(await service.metric('policy_unresolved_total{hook="open"}')).toBeGreaterThan(before);
    });
    scenario("a path that can't be resolved is denied if the rules say so", async () => {
      await service.rules([deny({ hooks: ["open"], path: target.folder })], { unresolved: "deny" });
      expect(deep("cat f")).toBe("");
      await service.rules([], { unresolved: "allow" });
    });
    scenario("a long path is truncated in reports, but checked as a whole", async () => {
      const long = new Target(join(target.folder, ...Array<string>(4).fill("l".repeat(200))));
      const generation = await service.rules([deny({ hooks: ["open"], path: target.folder })]);
      expect(long.open()).toBe("EPERM");
      const decision = await told((decision) => decision.generation === generation);
      expect(decision).toMatchObject({ truncated: true, path: long.file.slice(0, 511) });
    });
  });

  describe("connects", () => {
    scenario("one user is denied, and the decision has the address", async () => {
      const generation = await service.rules([deny({ hooks: ["connect"], uid: 1234 })]);
      const script = `nc 127.0.0.1 ${port} && echo connected`;
      const results = [1234, 1235].map((uid) => output("/bin/sh", ["-c", script], { uid }));
      expect(await Promise.all(results)).toEqual(["", "connected\n"]);
      const decision = await told((decision) => decision.generation === generation);
      expect(decision).toMatchObject({ hook: "connect", verdict: "denied", address: `127.0.0.1:${port}` });
    });
    scenario("a program is denied by its path, over IPv6 too", async () => {
      await service.rules([deny({ hooks: ["connect"], path: process.execPath })]);
      expect([await connect(port), await connect(port, "::1")]).toEqual(["EPERM", "EPERM"]);
      expect(await inCgroup("", `nc 127.0.0.1 ${port} && echo connected`)).toBe("connected\n");
      expect(await told(({ address }) => address === `[::1]:${port}`)).toMatchObject({ path: process.execPath });
    });
    scenario("a cgroup is denied, and others are not", async () => {
      mkdirSync("/sys/fs/cgroup/policy");
      await service.rules([deny({ hooks: ["connect"], cgroup: "/policy" })]);
      const script = `nc 127.0.0.1 ${port} && echo connected`;
      expect(await inCgroup("/policy", script)).toBe("");
      expect(await inCgroup("", script)).toBe("connected\n");
      rmdirSync("/sys/fs/cgroup/policy");
    });
    scenario("Unix sockets are not checked: the API uses one", async () => {
      await service.rules([deny({ hooks: ["connect"], path: process.execPath })]);
      expect(await connect(place.socket)).toBe("done");
    });
  });

  describe("rules", () => {
    scenario("GET returns the rules that were PUT, with their generation", async () => {
      const rules = [deny({ name: "x", hooks: ["exec", "open"], uid: 5, path: "/x", cgroup: "/", tell: false })];
      const generation = await service.rules(rules);
      const { headers, json } = await service.ask("GET", "/rules");
      expect(json).toEqual({ mode: "enforce", unresolved: "allow", rules, force: false });
      expect(headers.etag).toBe(`"${generation}"`);
    });
    scenario("the mode can be changed alone", async () => {
      await service.rules([deny({ hooks: ["exec"], path: target.folder })]);
      expect(target.exec()).toBe("EPERM");
      expect((await service.ask("PUT", "/mode", { mode: "observe" })).status).toBe(200);
      expect(target.exec()).toBe("done");
      expect((await service.ask("GET", "/mode")).json).toEqual({ mode: "observe" });
      await service.ask("PUT", "/mode", { mode: "enforce" });
      expect(target.exec()).toBe("EPERM");
    });
    scenario("a change of rules that have changed in between is refused", async () => {
      const etag = `"${await service.rules([])}"`;
      const change = () => service.ask("PUT", "/rules", { rules: [] }, { "if-match": etag });
      expect([(await change()).status, (await change()).status]).toEqual([200, 412]);
    });
    scenario("a set that locks root out is refused unless forced", async () => {
      const rules = [deny({ hooks: ["exec"] })];
      const refused = await service.ask("PUT", "/rules", { mode: "enforce", rules });
      expect(refused).toMatchObject({ status: 400, json: { error: expect.stringContaining("denies root each exec") } });
      expect(exec("/bin/true")).toBe("done");
      await service.rules(rules, { force: true });
      expect(exec("/bin/true")).toBe("EPERM");
    });
    scenario("the error names a missing cgroup", async () => {
      const { status, text } = await service.ask("PUT", "/rules", {
        rules: [deny({ hooks: ["exec"], cgroup: "/none" })],
      });
      expect([status, text]).toEqual([400, expect.stringContaining("rules[0]: there is no cgroup /none")]);
    });
    scenario("the errors of invalid rules are reported, and the rules in force stay", async () => {
      await service.rules([deny({ hooks: ["exec"], path: target.folder })]);
      const wrong = [
        { action: "deny", hooks: ["exec"], path: "tmp" },
        { action: "maybe", hooks: [], user: 5 },
      ];
      const { status, text } = await service.ask("PUT", "/rules", { rules: wrong });
      expect(status).toBe(400);
      for (const place of ["rules[0].path: must be absolute", "rules[1].action", "rules[1].hooks", '"user\\"']) {
        expect(text).toContain(place);
      }
      expect(target.exec()).toBe("EPERM");
    });
    scenario("too many rules, and too long ones, are refused", async () => {
      const rule = deny({ hooks: ["exec"], path: "/x" });
      const put = async (rules: Rule[]) => (await service.ask("PUT", "/rules", { rules })).status;
      expect(await put(Array(128).fill(rule))).toBe(200);
      expect(await put(Array(129).fill(rule))).toBe(400);
      expect(await put([{ ...rule, path: `/${"x".repeat(254)}` }])).toBe(200);
      expect(await put([{ ...rule, path: `/${"x".repeat(255)}` }])).toBe(400);
    });
    scenario("rules change under load, and each decision is of one whole set", async () => {
      // In odd generations one is denied and the other allowed, in even ones vice versa.
      const filler = deny({ hooks: ["open"], path: "/no/such/folder", tell: false });
      const set = (denied: Target, allowed: Target): Rule[] => [
        ...Array<Rule>(60).fill(filler),
        { name: "d", action: "deny", hooks: ["open", "exec"], path: denied.folder },
        ...Array<Rule>(60).fill(filler),
        { name: "a", action: "allow", hooks: ["open", "exec"], path: allowed.folder, tell: true },
      ];
      const pairs = [set(target, other), set(other, target)];
      const first = await service.rules([]);
      const script = "while :; do for f in 0 1 2 3 4 5 6 7; do cat $1/file; cat $2/file; done; $1/true; $2/true; done";
      const storm = spawn("/bin/sh", ["-c", script, "sh", target.folder, other.folder], { stdio: "ignore" });
      let last = first;
      for (let i = 0; i < 40; i++) last = await service.rules(pairs[(last + 1) % 2] ?? []);
      storm.kill("SIGKILL");
      await once(storm, "exit");
      await service.rules([deny({ name: "end", hooks: ["open"], path: target.file })]);
      target.open();
      await told(({ rule }) => rule === "end");
      const seen = lines(place.decisions).filter(({ generation }) => generation > first && generation <= last);
      expect(seen.length).toBeGreaterThan(40);
      for (const { generation, path = "", verdict, unresolved } of seen) {
        const denied = pairs[generation % 2] === pairs[0] ? target : other;
        expect([path, verdict]).toEqual([path, path.startsWith(`${denied.folder}/`) ? "denied" : "allowed"]);
        expect(unresolved).toBeUndefined();
      }
    });
  });

  describe("the API", () => {
    const bare = async (path: string, headers = {}) => {
      const response = await service.open("GET", path, undefined, headers);
      return { status: response.statusCode, headers: response.headers, text: await text(response) };
    };
    scenario("without a token a client gets nothing", async () => {
      for (const path of ["/rules", "/mode", "/metrics", "/decisions"]) expect((await bare(path)).status).toBe(401);
    });
    scenario("a wrong token is refused, and logged", async () => {
      const from = service.log.length;
      for (const wrong of ["Bearer wrong", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, TOKEN]) {
        expect((await bare("/rules", { authorization: wrong })).status).toBe(401);
      }
      expect(await service.said("no valid token", from)).toMatchObject({ url: "/rules" });
    });
    scenario("health and the page need no token, and have a strict security policy", async () => {
      expect(await bare("/healthz")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
      const { status, headers, text } = await bare("/");
      expect([status, text]).toEqual([200, expect.stringContaining("<title>Policy</title>")]);
      expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
    });
    scenario("the log says who changed what", async () => {
      await service.rules([deny({ name: "one", hooks: ["open"], path: target.folder })]);
      const from = service.log.length;
      await service.rules([deny({ name: "two", hooks: ["open"], path: target.folder })], { mode: "observe" });
      const changes = { mode: ["enforce", "observe"], added: ["two"], removed: ["one"] };
      expect(await service.said("rules changed", from)).toMatchObject({ by: "api", mode: "observe", changes });
    });
    scenario("the metrics listener needs no token", async () => {
      const { metricsAddress } = await service.said("ready");
      const got = await fetch(`${metricsAddress}/metrics`);
      const figures = await got.text();
      expect([got.status, figures]).toEqual([
        200,
        expect.stringMatching(/^policy_build_info\{policy="[0-9a-f]{16}".*\} 1$/m),
      ]);
      for (const path of ["/rules", "/mode", "/decisions", "/healthz", "/"])
        expect((await fetch(`${metricsAddress}${path}`)).status).toBe(404);
    });
    scenario("malformed JSON is refused", async () => {
      const { status, json } = await service.ask("PUT", "/rules", '{"rules": [');
      expect([status, json]).toEqual([400, { error: expect.stringMatching(/JSON/) }]);
    });
    scenario("a body that is too long is refused", async () => {
      // The answer and the end of the connection arrive before the body is sent.
      const socket = createConnection(place.socket);
      const head = ["PUT /rules HTTP/1.1", "host: x", `authorization: Bearer ${TOKEN}`];
      socket.write([...head, "content-type: application/json", "content-length: 300000", "", ""].join("\r\n"));
      expect(await text(socket)).toMatch(/^HTTP\/1.1 413 /);
    });
    scenario("invalid JSON, and unknown paths, are refused", async () => {
      expect((await service.ask("PUT", "/rules", "rules", { "content-type": "text/csv" })).status).toBe(415);
      expect((await service.ask("GET", "/nothing")).status).toBe(404);
      expect((await service.ask("DELETE", "/rules")).status).toBe(404);
    });
    scenario("a stream continues after the last decision that a client has", async () => {
      const generation = await service.rules([deny({ hooks: ["open"], path: target.folder })]);
      for (let i = 0; i < 3; i++) target.open();
      const first = await told((decision) => decision.generation === generation);
      const stream = service.decisions(first.id);
      const { value } = await stream.next();
      // Left open, it would be one more slow reader.
      await stream.return(undefined);
      expect((value as Decision).id).toBe(first.id + 1);
    });
    scenario("a stream reports the policy in force, and each change", async () => {
      const rule = deny({ hooks: ["open"], path: target.folder });
      const generation = await service.rules([rule]);
      const stream = service.events(Number.MAX_SAFE_INTEGER);
      const policy = async () => {
        for (;;) {
          const { value } = await stream.next();
          if (value.event === "policy") return value.data;
        }
      };
      expect(await policy()).toEqual({ generation, mode: "enforce", rules: 1 });
      await service.ask("PUT", "/mode", { mode: "observe" });
      expect(await policy()).toEqual({ generation: generation + 1, mode: "observe", rules: 1 });
      await service.rules([rule, rule]);
      expect(await policy()).toEqual({ generation: generation + 2, mode: "enforce", rules: 2 });
      const written = await service.signal("SIGUSR2", "configuration reloaded");
      expect(await policy()).toMatchObject({ generation: written.generation });
      await stream.return(undefined);
    });
    scenario("a slow reader is disconnected and counted, and the others continue", async () => {
      const before = await service.metric("policy_streams_dropped_total");
      const slow = await service.open("GET", "/decisions", undefined, { authorization: `Bearer ${TOKEN}` });
      slow.pause();
      const generation = await service.rules([deny({ hooks: ["open"], path: target.folder })]);
      while ((await service.metric("policy_streams_dropped_total")) === before) {
        for (let i = 0; i < 1000; i++) target.open();
      }
      expect(await service.metric("policy_streams_dropped_total")).toBe(before + 1);
      expect(await told((decision) => decision.generation === generation)).toMatchObject({ verdict: "denied" });
      slow.destroy();
    });
  });

  describe("metrics and files", () => {
    scenario("metrics count each decision", async () => {
      const denied = 'policy_decisions_total{hook="open",verdict="denied"}';
      const before = await service.metric(denied);
      const generation = await service.rules([
        deny({ hooks: ["open"], path: target.folder }),
        deny({ hooks: ["connect"], uid: 1 }),
      ]);
      for (let i = 0; i < 3; i++) target.open();
      expect((await service.metric(denied)) - before).toBe(3);
      expect(await service.metric("policy_generation")).toBe(generation);
      expect(await service.metric('policy_rules{hook="open"}')).toBe(1);
      expect(await service.metric("policy_enforcing")).toBe(1);
    });
    scenario("each decision is a line of JSON", async () => {
      const generation = await service.rules([deny({ name: "told", hooks: ["open"], path: target.folder })]);
      for (let i = 0; i < 5; i++) target.open();
      const ours = (decision: Decision) => decision.generation === generation;
      const first = await told(ours);
      await service.decision(({ id }) => id === first.id + 4);
      expect(lines(place.decisions).filter(ours)).toMatchObject(
        Array.from({ length: 5 }, (_, index) => ({ id: first.id + index, rule: "told", path: target.file })),
      );
    });
    scenario("SIGHUP continues in a new file", async () => {
      renameSync(place.decisions, `${place.decisions}.1`);
      chmodSync(place.folder, 0o777);
      const before = (await service.ask("GET", "/rules")).text;
      await service.signal("SIGHUP", "reopened");
      expect((await service.ask("GET", "/rules")).text).toBe(before);
      chmodSync(place.folder, 0o755);
      const generation = await service.rules([deny({ hooks: ["open"], path: target.folder })]);
      target.open();
      await told((decision) => decision.generation === generation);
      expect(lines(place.decisions).at(-1)).toMatchObject({ generation });
    });
    scenario("the programs of a hanging service still deny, and lost decisions are counted", async () => {
      const lost = 'policy_lost_total{at="ring"}';
      const denied = 'policy_decisions_total{hook="open",verdict="denied"}';
      await service.rules([deny({ hooks: ["open"], path: target.folder })]);
      const before = await service.metric(denied);
      service.child.kill("SIGSTOP");
      const opens = 8000;
      for (let i = 0; i < opens; i++) expect(target.open()).toBe("EPERM");
      service.child.kill("SIGCONT");
      expect(await service.metric(denied)).toBe(before + opens);
      expect(await service.metric(lost)).toBeGreaterThan(0);
    });
  });

  describe("privilege", () => {
    scenario("is dropped on all threads", async () => {
      for (const thread of readdirSync(`/proc/${service.pid}/task`)) {
        const status = readFileSync(`/proc/${service.pid}/task/${thread}/status`, "utf8");
        const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1]?.trim();
        for (const name of ["Uid", "Gid"]) expect(field(name)?.split("\t")).toEqual(Array(4).fill(`${NOBODY}`));
        expect(field("Groups")).toBe(`${NOBODY}`);
        for (const name of ["CapPrm", "CapEff", "CapAmb"]) expect(Number.parseInt(field(name) ?? "", 16)).toBe(0);
      }
    });
    scenario("rules change and decisions arrive without a bpf(2) call", async () => {
      const tracing = (file: string, text: string) => writeFileSync(`/sys/kernel/tracing/${file}`, text);
      const threads = readdirSync(`/proc/${service.pid}/task`);
      tracing("set_event_pid", [process.pid, ...threads].join(" "));
      tracing("events/syscalls/sys_enter_bpf/enable", "1");
      const generation = await service.rules([deny({ hooks: ["open"], path: target.folder })]);
      target.open();
      await told((decision) => decision.generation === generation);
      await service.ask("GET", "/metrics");
      createMap({ type: "array", value: codecs.u32, maxEntries: 1 }).close(); // the trace contains this process's calls
      tracing("events/syscalls/sys_enter_bpf/enable", "0");
      const callers = readFileSync("/sys/kernel/tracing/trace", "utf8").match(/-\d+(?=\s.*sys_bpf\()/g) ?? [];
      expect([...new Set(callers)]).toEqual([`-${process.pid}`]);
      tracing("set_event_pid", "");
      tracing("trace", "");
    });
  });

  describe("SIGUSR2", () => {
    scenario("puts the file's rules in force", async () => {
      place.configure({
        user: "nobody",
        policy: { mode: "enforce", rules: [deny({ hooks: ["exec"], path: target.folder })] },
      });
      await service.signal("SIGUSR2", "configuration reloaded");
      expect(target.exec()).toBe("EPERM");
    });
    scenario("with an invalid file changes nothing, and reports why", async () => {
      await service.rules([deny({ hooks: ["exec"], path: target.folder })]);
      for (const [content, why] of [
        ["{", "is not valid JSON"],
        ['{"listen": {"port": 1}, "tokenFile": "/t", "policy": {"rules": [{}]}}', "policy.rules[0].action"],
        [
          '{"listen": {"port": 1}, "tokenFile": "/t", "policy": {"rules": [{"action": "deny", "hooks": ["open"]}]}}',
          "force",
        ],
      ] as const) {
        writeFileSync(place.file, content);
        const line = await service.signal("SIGUSR2", "configuration not reloaded");
        expect(line.err?.message).toContain(why);
        expect(target.exec()).toBe("EPERM");
      }
    });
    scenario("reports which changes need a restart", async () => {
      place.configure({ user: "nobody", metrics: { port: 0 }, hooks: ["exec"] });
      expect(await service.signal("SIGUSR2", "need a restart")).toMatchObject({ fixed: ["hooks"] });
    });
  });
});

/** Shared by the next describe blocks: a folder, a policy that denies a program, and services of which one runs. */
function stage() {
  const place = new Place();
  const target = new Target(join(place.folder, "deny"));
  const policy = { mode: "enforce", rules: [deny({ hooks: ["exec"], path: target.folder })] };
  let service: Service | undefined;
  return {
    ...{ place, target, policy },
    async start(wrapper: readonly string[] = []) {
      service = await Service.start(place, wrapper);
      return service;
    },
    async clear() {
      await service?.stop("SIGKILL");
      place.remove();
    },
  };
}

describe("start and end", () => {
  let at: ReturnType<typeof stage>;
  let service: Service;
  beforeAll(() => {
    at = stage();
  });
  afterAll(() => at.clear());

  scenario("decisions go to NATS", async () => {
    // As much of the protocol as a publisher needs.
    const published: string[] = [];
    const nats = createServer((socket) => {
      socket.write(`INFO ${JSON.stringify({ server_id: "x", version: "2.0.0", proto: 1, max_payload: 1 << 20 })}\r\n`);
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        for (const line of chunk.split("\r\n")) {
          if (line === "PING") socket.write("PONG\r\n");
          else if (/^(PUB|{)/.test(line)) published.push(line);
        }
      });
    }).listen(0, "127.0.0.1");
    await once(nats, "listening");
    const { port } = nats.address() as { port: number };
    at.place.configure({ policy: at.policy, decisions: "-", sink: { nats: `127.0.0.1:${port}` } });
    service = await at.start();
    while (published.length < 2) {
      expect(at.target.exec()).toBe("EPERM");
      await sleep(10);
    }
    expect(published[0]).toMatch(/^PUB policy\.decisions \d+$/);
    expect(JSON.parse(published[1] ?? "")).toMatchObject({ verdict: "denied", path: at.target.program });
    nats.close();
  });
  scenario("decisions are lines of standard output", async () => {
    const lines = createInterface({ input: service.child.stdout as NodeJS.ReadableStream });
    const [line] = await once(lines, "line");
    expect(JSON.parse(line as string)).toMatchObject({ verdict: "denied", path: at.target.program });
    lines.close();
  });
  scenario("a second one does not start where the first one listens", async () => {
    expect(await refusal(at.place)).toEqual([2, expect.stringContaining("is in use")]);
    expect(at.target.exec()).toBe("EPERM");
  });
  scenario("SIGKILL detaches everything", async () => {
    expect(await service.stop("SIGKILL")).toBe("SIGKILL");
    expect([at.target.exec(), existsSync(at.place.socket)]).toEqual(["done", true]);
  });
  scenario("the next one replaces the socket of one that was killed", async () => {
    at.place.configure({ policy: at.policy });
    service = await at.start();
    expect(at.target.exec()).toBe("EPERM");
  });
  scenario("SIGTERM ends the service and detaches everything", async () => {
    expect(await service.stop()).toBe(0);
    expect([at.target.exec(), existsSync(at.place.socket)]).toEqual(["done", false]);
  });
});

describe("with pins", () => {
  const pin = join(PINS, "policy");
  let at: ReturnType<typeof stage>;
  let service: Service;
  beforeAll(() => {
    at = stage();
  });
  afterAll(async () => {
    await at.clear();
    rmSync(PINS, { recursive: true, force: true });
  });

  scenario("five capabilities are enough", async () => {
    const capabilities = ["bpf", "perfmon", "setuid", "setgid", "chown"].map((name) => `+${name}`).join(",");
    at.place.configure({ policy: at.policy, pin, user: "nobody", decisions: at.place.decisions });
    service = await at.start(["setpriv", "--no-new-privs", `--bounding-set=-all,${capabilities}`]);
    expect(at.target.exec()).toBe("EPERM");
    expect(readdirSync(join(pin, "current/links")).sort()).toEqual(["check_connect", "check_exec", "check_open"]);
  });
  scenario("a second one does not start, and changes nothing", async () => {
    const place = new Place();
    place.configure({ pin });
    expect(await refusal(place)).toEqual([3, expect.stringContaining(`is in use by process ${service.pid}`)]);
    expect(at.target.exec()).toBe("EPERM");
    place.remove();
  });
  scenario("the policy is enforced after the service is killed", async () => {
    await service.stop("SIGKILL");
    expect(at.target.exec()).toBe("EPERM");
  });
  scenario("a restart opens the pins without a gap", async () => {
    const watch = spawn("/bin/sh", ["-c", `while :; do ${at.target.program} && echo ran; done`]);
    const ran = text(watch.stdout);
    at.place.configure({ policy: at.policy, pin, hooks: ["exec"] });
    service = await at.start();
    watch.kill("SIGKILL");
    expect(await ran).toBe("");
    await service.rules([]);
    expect(at.target.exec()).toBe("done");
    await service.rules(at.policy.rules);
    expect(at.target.exec()).toBe("EPERM");
  });
  scenario("hooks that a restart leaves out lose their pins", async () => {
    expect(readdirSync(join(pin, "current/links"))).toEqual(["check_exec"]);
  });
  scenario("the policy is enforced after SIGTERM, until the pins are removed", async () => {
    expect(await service.stop()).toBe(0);
    expect(at.target.exec()).toBe("EPERM");
    rmSync(pin, { recursive: true });
    while (at.target.exec() !== "done"); // the kernel releases links asynchronously
  });
});

// More by hand: upgrade.ts.
scenario(
  "upgrades to other versions of the program let nothing through, and lose no decision",
  async () => {
    const { opened, refused, denied, lost, told } = await upgradeOften(3);
    expect({ opened, lost, told, denied }).toEqual({ opened: 0, lost: 0, told: refused, denied: refused });
    expect(refused).toBeGreaterThan(0);
  },
  600_000,
);

/** Exit status, and output. */
async function refusal(place: Place): Promise<[unknown, string]> {
  const service = Service.spawn(place);
  return [await service.ended(), service.log.map(({ msg }) => msg).join("\n")];
}

describe("it does not start", () => {
  let place: Place;
  beforeEach(() => {
    place = new Place();
  });
  afterEach(() => place.remove());

  scenario("with a file that is not valid JSON", async () => {
    writeFileSync(place.file, "listen: 80");
    expect(await refusal(place)).toEqual([2, expect.stringContaining("is not valid JSON")]);
  });
  scenario("with a public address, and the error lists everything that is wrong", async () => {
    place.configure({ listen: { host: "0.0.0.0", port: 80 }, pins: "/x" });
    const [status, said] = await refusal(place);
    expect(status).toBe(2);
    expect(said).toContain("listen.host: must be loopback");
    expect(said).toContain('"pins"');
  });
  scenario("with a token that everybody can read", async () => {
    place.configure();
    chmodSync(join(place.folder, "token"), 0o644);
    expect(await refusal(place)).toEqual([2, expect.stringContaining("is accessible to all users")]);
  });
});
