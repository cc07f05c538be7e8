/** Drives a page in headless Chromium over the DevTools protocol through a pipe: JSON messages that end with a NUL. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

type Json = Record<string, unknown>;
interface Message {
  id?: number;
  method?: string;
  params?: Json;
  result?: Json;
  error?: { message: string };
}
type Settle = { resolve: (result: Json) => void; reject: (error: Error) => void };

export interface Screen {
  width: number;
  height: number;
  phone?: boolean;
  dark?: boolean;
}

const COMMAND = process.env.CHROMIUM ?? "chromium";
const KEYS: Readonly<Record<string, number>> = { Escape: 27, Enter: 13, ArrowRight: 39, ArrowDown: 40, Tab: 9 };

export class Chromium {
  readonly #waiting = new Map<number, Settle>();
  readonly #loaded: (() => void)[] = [];
  #session: string | undefined;
  #last = 0;
  #rest = "";
  #stderr = "";
  #ended: Error | undefined;
  /** The requests of the page, by URL. */
  readonly requests: string[] = [];
  /** Errors and warnings of the console, exceptions, and the browser's log about the page. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    child.stderr?.on("data", (text: Buffer) => {
      this.#stderr += text;
    });
    const end = (why: string) => {
      this.#ended ??= new Error(`${COMMAND} ${why}\n${this.#stderr.slice(-2000)}`);
      for (const { reject } of this.#waiting.values()) reject(this.#ended);
      this.#waiting.clear();
    };
    child.on("error", ({ message }) => end(`can't be run: ${message}. Install it: apt-get install chromium`));
    child.on("exit", (code, signal) => end(`ended with ${code ?? signal}`));
    (child.stdio[3] as Writable).on("error", () => {}); // reported by exit
    (child.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => this.#read(text));
  }

  static async launch(): Promise<Chromium> {
    const profile = mkdtempSync(join(tmpdir(), "page-test-"));
    // Chromium's sandbox refuses root; the page is trusted.
    const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const quiet = ["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"];
    const child = spawn(
      COMMAND,
      ["--headless=new", "--remote-debugging-pipe", `--user-data-dir=${profile}`, ...root, ...quiet, "about:blank"],
      { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] },
    );
    const browser = new Chromium(child, profile);
    try {
      const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
      browser.#session = sessionId as string;
      for (const domain of ["Page", "Runtime", "Log", "Network"]) await browser.send(`${domain}.enable`);
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  send(method: string, params: Json = {}): Promise<Json> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = ++this.#last;
    const sessionId = this.#session === undefined ? {} : { sessionId: this.#session };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...sessionId })}\0`);
    });
  }

  async open(url: string): Promise<void> {
    // A URL that differs only in its fragment loads nothing.
    await this.#load("Page.navigate", { url: "about:blank" });
    await this.#load("Page.navigate", { url });
  }

  async reload(): Promise<void> {
    await this.#load("Page.reload");
  }

  async #load(method: string, params: Json = {}): Promise<void> {
    const loaded = new Promise<void>((resolve) => this.#loaded.push(resolve));
    const { errorText } = await this.send(method, params);
    if (errorText !== undefined) throw new Error(`${String(params.url)}: ${String(errorText)}`);
    await loaded;
  }

  /** Evaluates an expression in the page; its value must be JSON. */
  async value<T>(expression: string): Promise<T> {
    const answer = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    const { result, exceptionDetails } = answer as { result: { value: T }; exceptionDetails?: Json };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  async screen({ width, height, phone = false, dark = false }: Screen): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: phone };
    await this.send("Emulation.setDeviceMetricsOverride", metrics);
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  async scripts(enabled: boolean): Promise<void> {
    await this.send("Emulation.setScriptExecutionDisabled", { value: !enabled });
  }

  /** Clicks the center of the element that an expression returns, as a mouse would. */
  async click(element: string): Promise<void> {
    const at = await this.value<Json>(`(() => {
      const element = ${element};
      element.scrollIntoView({ block: "center", inline: "center" });
      const { left, top, width, height } = element.getBoundingClientRect();
      return { x: left + width / 2, y: top + height / 2 };
    })()`);
    const button = { ...at, button: "left", clickCount: 1 };
    await this.send("Input.dispatchMouseEvent", { type: "mousePressed", ...button });
    await this.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...button });
  }

  async type(text: string): Promise<void> {
    for (const letter of text) {
      await this.send("Input.dispatchKeyEvent", { type: "keyDown", text: letter, key: letter });
      await this.send("Input.dispatchKeyEvent", { type: "keyUp", key: letter });
    }
  }

  async press(key: string): Promise<void> {
    const event = { key, code: key, windowsVirtualKeyCode: KEYS[key] };
    await this.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  async screenshot(file: string): Promise<void> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data as string, "base64"));
  }

  async close(): Promise<void> {
    const exited = this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined;
    if (!exited) {
      const gone = new Promise((resolve) => this.child.once("exit", resolve));
      this.#session = undefined;
      this.send("Browser.close").catch(() => {});
      const impatient = setTimeout(() => this.child.kill("SIGKILL"), 5000);
      await gone;
      clearTimeout(impatient);
    }
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #read(text: string): void {
    const parts = (this.#rest + text).split("\0");
    this.#rest = parts.pop() ?? "";
    for (const part of parts) this.#heed(JSON.parse(part) as Message);
  }

  #heed({ id, method, params = {}, result = {}, error }: Message): void {
    const waiting = this.#waiting.get(id ?? 0);
    if (id !== undefined) this.#waiting.delete(id);
    if (error !== undefined) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);

    if (method === "Page.loadEventFired") this.#loaded.shift()?.();
    if (method === "Network.requestWillBeSent") this.requests.push((params.request as { url: string }).url);
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") {
      this.complaints.push(JSON.stringify(params));
    }
    if (method === "Runtime.consoleAPICalled" && /error|warning|assert/.test(String(params.type))) {
      this.complaints.push(JSON.stringify(params.args));
    }
  }
}
