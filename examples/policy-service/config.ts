/** The configuration file. */
import { readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { z } from "zod";
import { ConfigError } from "./failure";
import { HOOKS, RuleSet } from "./rules";

const absolute = z.string().regex(/^\//, { error: "must be an absolute path" });
const account = z.union([z.string().min(1), z.int().min(0)], { error: "must be a name or a number" });

const Listen = z
  .strictObject({
    socket: absolute.optional(),
    /** Mode of the socket, in octal. */
    mode: z.enum(["0600", "0660"]).default("0600"),
    /** Group of the socket. */
    group: account.optional(),
    host: z
      .string()
      .refine((host) => host === "::1" || (isIPv4(host) && host.startsWith("127.")), {
        error: "must be loopback: 127.0.0.1 or ::1",
      })
      .default("127.0.0.1"),
    port: z.int().min(0).max(65535).optional(),
  })
  .refine(({ socket, port }) => (socket === undefined) !== (port === undefined), {
    error: 'expects either "socket" or "port"',
  });

/** A listener without a token that serves only the metrics, which hold no secrets: for a Prometheus on another host. */
const Metrics = z.strictObject({
  host: z.ipv4().or(z.ipv6()).default("127.0.0.1"),
  port: z.int().min(0).max(65535),
});

const hooks = z.array(z.enum(HOOKS)).min(1);

const Config = z
  .strictObject({
    listen: Listen,
    metrics: Metrics.optional(),
    /** The file with the API's token, or tokens. */
    tokenFile: absolute,
    /** The hooks to decide at. */
    hooks: hooks.default([...HOOKS]),
    /** The hooks without which the service does not start; by default all of `hooks`. */
    require: z.array(z.enum(HOOKS)).optional(),
    /** The user of the service after everything is loaded; by default it stays root. */
    user: account.optional(),
    group: account.optional(),
    /** Directory in bpffs: keeps the policy in force when the service ends. */
    pin: absolute.regex(/^\/sys\/fs\/bpf\/./, { error: "must be below /sys/fs/bpf" }).optional(),
    /** Destination of the decisions, a line of JSON each: a file, or "-" for standard output. */
    decisions: z.union([z.literal("-"), absolute]).optional(),
    sink: z
      .strictObject({ nats: z.string().min(1), subject: z.string().min(1).default("policy.decisions") })
      .optional(),
    logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
    policy: RuleSet.prefault({}),
  })
  .refine(({ group, user }) => group === undefined || user !== undefined, { error: '"group" needs "user"' })
  .refine(({ hooks, require = [] }) => require.every((hook) => hooks.includes(hook)), {
    error: '"require" must list hooks of "hooks"',
  });
export type Config = z.infer<typeof Config>;

/** The options that SIGUSR2 does not change. */
export const FIXED = ["listen", "metrics", "tokenFile", "hooks", "require", "user", "group", "pin", "sink"] as const;

/** @throws {@link ConfigError} that lists everything that is wrong */
export function readConfig(file: string): Config {
  const what = `configuration ${file}`;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`${what} can't be read: ${(error as Error).message}`, { cause: error });
  }
  return check(Config, parse(text, what), what);
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${what} is not valid JSON: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Parses a value by a schema.
 *
 * @throws {@link ConfigError} with a line for each error: "policy.rules[3].path: must be absolute"
 */
export function check<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const lines = error.issues.map(({ path, message }) => {
    const at = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
    return at === "" ? message : `${at.replace(/^\./, "")}: ${message}`;
  });
  throw new ConfigError(`${what}: ${lines.join("; ")}`);
}
