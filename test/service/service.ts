/** The policy service as a process, and the requests of a test to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Decision } from "../../examples/policy-service/decisions";
import type { Rule } from "../../examples/policy-service/rules";

const MAIN = join(__dirname, "../../examples/policy-service/main.js");
export const TOKEN = "a-token-of-the-tests";
/** nobody: the service's user, who needs access to its files in a new folder. */
export const NOBODY = 65534;

export interface LogLine {
  level: number;
  msg: string;
  err?: { message: string };
  [field: string]: unknown;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: never;
}

/** A folder for a service's files, with its configuration. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), "policy-"));
  readonly file = join(this.folder, "config.json");
  readonly socket = join(this.folder, "api.sock");
  readonly decisions = join(this.folder, "decisions.ndjson");

  constructor() {
    writeFileSync(join(this.folder, "token"), `${TOKEN}\n`, { mode: 0o600 });
  }

  /** Writes a valid configuration with the given changes. */
  configure(config: object = {}): void {
    const whole = { listen: { socket: this.socket }, tokenFile: join(this.folder, "token"), ...config };
    writeFileSync(this.file, JSON.stringify(whole));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Service {
  readonly log: LogLine[] = [];
  readonly #closed: Promise<unknown[]>;
  readonly #said: (() => void)[] = [];

  constructor(
    readonly place: Place,
    readonly child: ChildProcess,
  ) {
    this.#closed = once(child, "close");
    const lines = createInterface({ input: child.stderr as NonNullable<ChildProcess["stderr"]> });
    lines.on("line", (line) => {
      this.log.push(JSON.parse(line) as LogLine);
      for (const wake of this.#said.splice(0)) wake();
    });
    this.#closed.then(() => {
      for (const wake of this.#said.splice(0)) wake();
    });
  }

  /** @param wrapper a command that runs the service's command */
  static spawn(place: Place, wrapper: readonly string[] = [], main = MAIN): Service {
    const [command = "", ...args] = [...wrapper, process.execPath, main, place.file];
    return new Service(place, spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] }));
  }

  /** A running service. */
  static async start(place: Place, wrapper: readonly string[] = [], main = MAIN): Promise<Service> {
    const service = Service.spawn(place, wrapper, main);
    await service.said("ready");
    return service;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The first line of the log, from a given position, whose message contains a text. */
  async said(text: string, from = 0): Promise<LogLine> {
    for (;;) {
      const line = this.log.slice(from).find(({ msg, err }) => `${msg} ${err?.message}`.includes(text));
      if (line !== undefined) return line;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`the service ended without saying "${text}": ${JSON.stringify(this.log)}`);
      }
      await new Promise<void>((resolve) => this.#said.push(resolve));
    }
  }

  /** Sends a signal and waits for a line of the log. */
  async signal(signal: NodeJS.Signals, text: string): Promise<LogLine> {
    const from = this.log.length;
    this.child.kill(signal);
    return this.said(text, from);
  }

  /** Exit status, or signal. */
  async ended(): Promise<unknown> {
    const [code, signal] = await this.#closed;
    return code ?? signal;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<unknown> {
    this.child.kill(signal);
    return this.ended();
  }

  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await this.open(method, path, text, {
      authorization: `Bearer ${TOKEN}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    });
    let answer = "";
    for await (const chunk of response.setEncoding("utf8")) answer += chunk;
    const { statusCode: status = 0, headers: got } = response;
    const json = /json/.test(got["content-type"] ?? "") ? JSON.parse(answer) : undefined;
    return { status, headers: got, text: answer, json: json as never };
  }

  /** An answer whose body is not read yet. */
  async open(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
    const asking = request({ socketPath: this.place.socket, method, path, headers, agent: false }).end(body);
    const [response] = await once(asking, "response");
    return response as IncomingMessage;
  }

  /** Puts rules in force. */
  async rules(rules: readonly Rule[], more: object = {}): Promise<number> {
    const { status, text, json } = await this.ask("PUT", "/rules", { mode: "enforce", rules, ...more });
    if (status !== 200) throw new Error(text);
    return (json as { generation: number }).generation;
  }

  /** A value of /metrics: 'policy_decisions_total{hook="exec",verdict="denied"}'. */
  async metric(name: string): Promise<number> {
    const { text } = await this.ask("GET", "/metrics");
    const line = text.split("\n").find((line) => line.startsWith(`${name} `));
    return Number(line?.slice(name.length));
  }

  /** Decisions as they arrive, until the caller stops. */
  async *decisions(since = 0): AsyncGenerator<Decision> {
    for await (const { event, data } of this.events(since)) if (event === "message") yield data as Decision;
  }

  /** The decisions of the stream after a decision. */
  async *events(since = 0): AsyncGenerator<{ event: string; data: unknown }> {
    const headers = { authorization: `Bearer ${TOKEN}`, "last-event-id": String(since) };
    const response = await this.open("GET", "/decisions", undefined, headers);
    try {
      let event = "message";
      for await (const line of createInterface({ input: response })) {
        if (line.startsWith("event: ")) event = line.slice("event: ".length);
        if (line === "") event = "message";
        if (line.startsWith("data: ")) yield { event, data: JSON.parse(line.slice("data: ".length)) };
      }
    } finally {
      response.destroy();
    }
  }

  /** The first matching decision, of the existing and future ones. */
  async decision(fits: (decision: Decision) => boolean): Promise<Decision> {
    for await (const decision of this.decisions()) if (fits(decision)) return decision;
    throw new Error("the stream ended");
  }
}
