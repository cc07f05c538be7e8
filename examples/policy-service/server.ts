/** The API and the page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Authorize } from "./auth";
import { check } from "./config";
import { ConfigError } from "./failure";
import type { Policy } from "./policy";
import { RuleSet } from "./rules";
import type { Streams } from "./stream";

const BODY_LIMIT = 256 * 1024;
/** The page and its files have no secrets, so they need no token. */
const FILES = {
  "/": ["text/html; charset=utf-8", join(__dirname, "public/index.html")],
  "/page.js": ["text/javascript", join(__dirname, "public/page.js")],
  "/page.css": ["text/css", join(__dirname, "public/page.css")],
  "/uplot.js": ["text/javascript", require.resolve("uplot/dist/uPlot.iife.min.js")],
  "/uplot.css": ["text/css", require.resolve("uplot/dist/uPlot.min.css")],
} as const;
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** The body of PUT /rules: except for the rules, an absent field keeps its value. */
const NewRules = RuleSet.extend({
  mode: RuleSet.shape.mode.unwrap().optional(),
  unresolved: RuleSet.shape.unresolved.unwrap().optional(),
  rules: RuleSet.shape.rules.unwrap(),
});
const NewMode = RuleSet.pick({ mode: true }).extend({ mode: RuleSet.shape.mode.unwrap() });

export interface Parts {
  policy: Policy;
  streams: Streams;
  metrics: Registry;
  authorize: Authorize;
  log: Logger;
}

export function serverOf({ policy, streams, metrics, authorize, log }: Parts): FastifyInstance {
  const app = fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true });
  const change = ({ headers, ip }: FastifyRequest, rules: RuleSet) => {
    const changes = policy.apply(rules);
    const { inForce } = policy;
    log.info({ by: authorize(headers.authorization), from: ip, ...inForce, changes }, "rules changed");
    return { generation: inForce.generation };
  };

  app.setErrorHandler<Error & { statusCode?: number }>((error, _, reply) => {
    const status = error instanceof ConfigError ? 400 : (error.statusCode ?? 500);
    if (status >= 500) log.error({ err: error }, "a request failed");
    return reply.code(status).send({ error: status >= 500 ? "the service failed; see its log" : error.message });
  });
  app.setNotFoundHandler((_, reply) => reply.code(404).send({ error: "not found" }));
  app.addHook("onSend", async (_, reply) => {
    reply.headers(HEADERS);
  });

  for (const [url, [type, file]] of Object.entries(FILES)) {
    const body = readFileSync(file);
    app.get(url, (_, reply) => reply.type(type).send(body));
  }
  app.get("/healthz", () => ({ status: "ok" }));

  app.register(async (api) => {
    api.addHook("onRequest", async ({ headers, ip, url }, reply) => {
      if (authorize(headers.authorization) !== undefined) return;
      log.warn({ ip, url }, "no valid token");
      await reply.code(401).header("www-authenticate", "Bearer").send({ error: "this request needs a valid token" });
    });
    api.get("/rules", (_, reply) => reply.header("etag", `"${policy.generation}"`).send(policy.rules));
    api.put("/rules", (request, reply) => {
      const { body, headers } = request;
      const wanted = headers["if-match"];
      if (wanted !== undefined && wanted !== `"${policy.generation}"`) {
        return reply
          .code(412)
          .send({ error: `the rules have changed: the current generation is ${policy.generation}` });
      }
      const { mode, unresolved } = policy.rules;
      const { mode: newMode = mode, unresolved: newUnresolved = unresolved, ...rest } = check(NewRules, body, "rules");
      return change(request, { ...rest, mode: newMode, unresolved: newUnresolved });
    });
    api.get("/mode", () => ({ mode: policy.rules.mode }));
    api.put("/mode", (request) => change(request, { ...policy.rules, ...check(NewMode, request.body, "mode") }));
    serveMetrics(api, metrics);
    api.get("/decisions", ({ headers }, reply) => {
      reply.hijack();
      for (const [name, value] of Object.entries(HEADERS)) reply.raw.setHeader(name, value);
      streams.add(reply.raw, Number(headers["last-event-id"]) || 0);
    });
  });
  return app;
}

/** Serves only the metrics. */
export function metricsServerOf(metrics: Registry): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send({ error: "not found: this listener serves only /metrics" }),
  );
  serveMetrics(app, metrics);
  return app;
}

function serveMetrics(app: FastifyInstance, metrics: Registry): void {
  app.get("/metrics", async (_, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
}
