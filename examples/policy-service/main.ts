/**
 * Decides which programs may be executed, files opened and addresses connected to, by rules that change while it runs:
 *   node main.js /etc/policy-service/config.json
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { BpfError } from "node-libbpf";
import pino from "pino";
import { tokensFrom } from "./auth";
import { type Config, FIXED, readConfig } from "./config";
import { Feed, toDecision } from "./decisions";
import { ConfigError, ExitStatus, HostError } from "./failure";
import { listen } from "./listen";
import { metricsOf } from "./metrics";
import { NdjsonWriter } from "./ndjson";
import { Policy } from "./policy";
import { accountOf, dropTo } from "./privilege";
import { metricsServerOf, serverOf } from "./server";
import { natsSink } from "./sinks";
import { Streams } from "./stream";

const USAGE = "usage: policy-service CONFIG";
/** Less than what systemd and Kubernetes wait before they kill. */
const MOST_WAITED_MS = 20_000;
// Standard output may carry the decisions.
const log = pino(pino.destination({ dest: 2, sync: true }));

async function main(): Promise<void> {
  // From the start: a signal without a listener ends the process, and what waits in the ring is not reported.
  const ending = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  let reopen = () => {};
  let reconfigure = () => {};
  process.on("SIGHUP", () => reopen());
  process.on("SIGUSR2", () => reconfigure());
  const [file, ...more] = process.argv.slice(2);
  if (file === undefined || more.length > 0) throw new ConfigError(USAGE);
  const config = readConfig(file);
  log.level = config.logLevel;
  const authorize = tokensFrom(config.tokenFile);
  const owner = accountOf(config.user ?? process.getuid?.() ?? 0, config.group);

  const { hooks, require = hooks, pin } = config;
  // The rules are set before the programs are attached: there is no moment without rules.
  const policy = await Policy.load({ hooks, require, pin, rules: config.policy });
  for (const { hook, why } of policy.missing) log.warn({ hook }, `hook not supported: ${why}`);

  const feed = new Feed();
  const streams = new Streams(feed, () => policy.inForce);
  policy.onApplied = () => streams.changed();
  const { decisions: path, sink: to } = config;
  const onError = (what: string) => (err: Error) => log.error({ err }, what);
  const writer = path === undefined ? undefined : new NdjsonWriter(path, onError(`decisions to ${path}`), owner);
  const sink = to && natsSink(to.nats, to.subject, onError(`decisions to ${to.nats}`));
  const metrics = metricsOf(policy, { streams, file: writer, sink });
  const app = serverOf({ policy, streams, metrics, authorize, log });
  if (writer !== undefined) feed.listen((decisions) => writer.write(decisions));
  if (sink !== undefined) feed.listen((decisions) => sink.send(decisions));

  const reading = read(policy, feed);
  const scraped = config.metrics && metricsServerOf(metrics);
  const [address, metricsAddress] = await Promise.all([
    listen(app, config.listen, owner),
    // Pass a copy: fastify writes to it, and SIGUSR2 compares the new configuration with the first one.
    scraped?.listen({ ...config.metrics }),
  ]).catch((error) => {
    policy.abandon();
    throw error;
  });
  policy.attach();
  if (config.user !== undefined) dropTo(owner);
  // Log rotation sends SIGHUP, so it must not affect the policy.
  reopen = () => {
    writer?.reopen();
    log.info("decisions file reopened");
  };
  reconfigure = () => reload(file, config, policy);
  log.info({ address, metricsAddress, uid: process.getuid?.(), hooks: policy.hooks, mode: policy.rules.mode }, "ready");

  await Promise.race([reading, ending]);
  log.info({ pinned: pin }, pin === undefined ? "ending: the policy is detached" : "ending: the policy stays in force");
  await Promise.all([app.close(), scraped?.close()]);
  await emptied(policy);
  await policy[Symbol.asyncDispose]();
  await reading;
  await Promise.all([writer?.close(), sink?.close()]);
}

/** Forwards the kernel's decisions until the policy is closed. */
async function read(policy: Policy, feed: Feed): Promise<void> {
  let id = 0;
  for await (const batch of policy.decisions()) {
    const epoch = Date.now() - Number(process.hrtime.bigint() / 1000n) / 1000;
    feed.publish(batch.map((event) => toDecision(event, ++id, epoch, (...of) => policy.nameOf(...of))));
  }
}

/**
 * Waits until the decisions in the ring are read, but not for ever, because programs go on deciding. The ring stays: what
 * is left there takes the room of the decisions until the next start.
 */
async function emptied(policy: Policy): Promise<void> {
  const end = performance.now() + MOST_WAITED_MS;
  while (policy.unread > 0 && performance.now() < end) await sleep(10);
}

/** Replaces the rules in force with those of the file; an invalid file changes nothing. */
function reload(file: string, old: Config, policy: Policy): void {
  try {
    const config = readConfig(file);
    const changes = policy.apply(config.policy);
    log.level = config.logLevel;
    log.info({ by: file, ...policy.inForce, changes }, "configuration reloaded");
    const fixed = FIXED.filter((key) => !isDeepStrictEqual(config[key], old[key]));
    if (fixed.length > 0) log.warn({ fixed }, "these changes need a restart");
  } catch (err) {
    log.error({ err }, "configuration not reloaded: the rules in force stay");
  }
}

main().then(
  () => process.exit(),
  (error: Error) => {
    const status = error instanceof ConfigError ? ExitStatus.config : ExitStatus.host;
    const isExpected = error instanceof ConfigError || error instanceof HostError || error instanceof BpfError;
    log.fatal(isExpected ? error.message : { err: error });
    process.exit(isExpected ? status : 1);
  },
);
