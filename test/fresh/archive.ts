/**
 * A small proxy on loopback that serves the Debian archive from the cache, and fetches what is not there from this host's
 * own mirrors. It can be told to fail, and to serve other indexes than the archive's, signed with a key of its own.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { cacheDirectory } from "../../lib/testing/cache";
import { mirrors } from "../../lib/testing/mirrors";
import { changedRelease, fieldOf, hashesOf, paragraphsOf, rangeOf, sha256, unsigned } from "./release";
import { Signer } from "./signer";

/** A Release is fetched again after this long. What is named by its hash or in the pool never changes. */
const RELEASE_MAX_AGE_MS = 24 * 3600 * 1000;
const ATTEMPTS = 3;

/** What goes wrong with the files whose path matches. */
export interface Fault {
  readonly what:
    | "missing" // answered 404
    | "busy" // answered 503
    | "cut" // half of it is sent, and the connection closed
    | "stalled"; // half of it is sent, and then nothing more
  readonly at: RegExp;
  /** How often; by default always. */
  readonly times?: number;
  /** Only the file of those that is asked for first: of several revisions, the newest. */
  readonly first?: true;
}

/** What a suite has in place of what it really has. */
export interface Change {
  readonly suite: string;
  /** main/source/Sources, main/binary-amd64/Packages: its paragraphs, with others. */
  readonly index?: string;
  readonly edit?: (paragraphs: string[]) => string[];
  /** Fields of its Release; undefined takes one out. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
}

export interface Answer {
  readonly path: string;
  readonly status: number;
  /** Of the body, as far as it was sent. */
  readonly bytes: number;
  readonly fault?: Fault["what"];
}

/** What to send: a file of the cache, or bytes that were made. */
type Content = { file: string } | { bytes: Buffer };

interface Release {
  signed: Buffer;
  hashes: Map<string, string>;
  /** The indexes that were changed, by their SHA-256. */
  files: Map<string, Buffer>;
}

export class Archive {
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request, response).catch((error: Error) => {
      this.#log(request.url ?? "", 502, 0);
      response.writeHead(502).end(error.message);
    });
  });
  #madeSigner: Signer | undefined;
  readonly #sites = sites();
  readonly #fetches = new Map<string, Promise<string | undefined>>();
  readonly #releases = new Map<string, Promise<Release | undefined>>();
  #faults: { fault: Fault; left: number; path?: string }[] = [];
  #changes: readonly Change[] = [];
  #answers: Answer[] = [];
  #files: ReadonlyMap<string, Buffer> = new Map();

  static async start(): Promise<Archive> {
    const archive = new Archive();
    archive.#server.listen(0, "127.0.0.1");
    await new Promise((resolve) => archive.#server.once("listening", resolve));
    return archive;
  }

  /**
   * Where it is, without a slash at the end; the archive is below it, at /debian and /debian-security. What is at
   * /other/debian and /other/debian-security is the same: another mirror.
   */
  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get #signer(): Signer {
    this.#madeSigner ??= new Signer();
    return this.#madeSigner;
  }

  /** What changed indexes are signed with, to be added to a keyring. */
  get publicKey(): Buffer {
    return this.#signer.publicKey;
  }

  /** What was answered since {@link set}. */
  get answers(): readonly Answer[] {
    return this.#answers;
  }

  /** Bytes that were sent since {@link set}. */
  get bytes(): number {
    return this.#answers.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Starts anew: with these faults, changes and no others.
   * @param files of the pool, by path, that the archive has not
   */
  set(
    options: { faults?: readonly Fault[]; changes?: readonly Change[]; files?: ReadonlyMap<string, Buffer> } = {},
  ): void {
    const { faults = [], changes = [], files = new Map() } = options;
    this.#faults = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
    this.#changes = changes;
    this.#files = files;
    this.#answers = [];
    this.#releases.clear();
  }

  /** What an index of a suite says, as it is served. */
  async index(site: string, suite: string, index: string): Promise<string[]> {
    const release = await this.#release(site, suite);
    if (release === undefined) throw new Error(`the archive has no ${suite}`);
    return paragraphsOf(await this.#text(site, suite, release.hashes, index, release.files));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#madeSigner?.[Symbol.dispose]();
  }

  #log(path: string, status: number, bytes: number, fault?: Fault["what"]): void {
    this.#answers.push({ path, status, bytes, ...(fault && { fault }) });
  }

  #faultAt(path: string): Fault["what"] | undefined {
    for (const entry of this.#faults) {
      if (entry.left === 0 || !entry.fault.at.test(path)) continue;
      entry.path ??= path;
      if (entry.fault.first && path !== entry.path) continue;
      entry.left -= 1;
      return entry.fault.what;
    }
    return undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // apt writes a plus as %2b.
    const path = decodeURIComponent(new URL(request.url ?? "/", this.address).pathname);
    const fault = this.#faultAt(path);
    const refusal = fault === "busy" ? 503 : fault === "missing" ? 404 : undefined;
    const content = refusal ? undefined : await this.#content(path);
    if (content === undefined) {
      const status = refusal ?? 404;
      this.#log(path, status, 0, fault);
      response.writeHead(status, { "content-length": 0 }).end();
      return;
    }
    const bytes = "bytes" in content ? content.bytes : readFileSync(content.file);
    const modified = ("bytes" in content ? new Date(0) : statSync(content.file).mtime).toUTCString();
    const condition = request.headers["if-range"];
    const wanted = condition === undefined || condition === modified ? request.headers.range : undefined;
    const range = rangeOf(wanted, bytes.length);
    const headers = { "accept-ranges": "bytes", "last-modified": modified };
    if (range === "unsatisfiable") {
      this.#log(path, 416, 0);
      response.writeHead(416, { ...headers, "content-range": `bytes */${bytes.length}`, "content-length": 0 }).end();
      return;
    }
    const { start, end } = range;
    const status = wanted === undefined ? 200 : 206;
    const part = bytes.subarray(start, end);
    response.writeHead(status, {
      ...headers,
      "content-length": part.length,
      ...(status === 206 && { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` }),
    });
    const sent = request.method === "HEAD" ? part.subarray(0, 0) : fault ? part.subarray(0, part.length / 2) : part;
    this.#log(path, status, sent.length, fault);
    if (fault === undefined) response.end(sent);
    else response.write(sent, () => (fault === "cut" ? response.destroy() : undefined));
  }

  async #content(path: string): Promise<Content | undefined> {
    const [, site = "", below = ""] = /^(?:\/other)?\/(debian(?:-security)?)\/(.+)$/.exec(path) ?? [];
    if (site === "" || below.split("/").includes("..")) return undefined;
    const extra = this.#files.get(below);
    if (extra !== undefined) return { bytes: extra };
    const [, suite, rest] = /^dists\/([^/]+)\/(.+)$/.exec(below) ?? [];
    if (suite === undefined || rest === undefined) return this.#cached(site, below);
    const release = await this.#release(site, suite);
    if (release === undefined || /^Release(\.gpg)?$/.test(rest)) return undefined;
    if (rest === "InRelease") return { bytes: release.signed };
    // What is asked for by name is looked up, so that it always fits the Release that was served.
    const hash = /\/by-hash\/SHA256\/(\w+)$/.exec(rest)?.[1] ?? release.hashes.get(rest);
    if (hash === undefined) return undefined;
    const changed = release.files.get(hash);
    return changed ? { bytes: changed } : this.#cached(site, byHash(suite, rest, hash));
  }

  #release(site: string, suite: string): Promise<Release | undefined> {
    const key = `${site}/${suite}`;
    let release = this.#releases.get(key);
    if (release === undefined) {
      release = this.#makeRelease(site, suite);
      this.#releases.set(key, release);
    }
    return release;
  }

  async #makeRelease(site: string, suite: string): Promise<Release | undefined> {
    const file = await this.#fetch(site, `dists/${suite}/InRelease`, RELEASE_MAX_AGE_MS);
    if (file === undefined) return undefined;
    const signed = readFileSync(file);
    const text = unsigned(signed.toString());
    const files = new Map<string, Buffer>();
    const byPath = new Map<string, Buffer>();
    const changes = this.#changes.filter((change) => change.suite === suite);
    for (const { index, edit } of changes) {
      if (index === undefined || edit === undefined) continue;
      const paragraphs = edit(paragraphsOf(await this.#text(site, suite, hashesOf(text), index, byPath)));
      const plain = Buffer.from(`${paragraphs.join("\n\n")}\n`);
      byPath.set(index, plain).set(`${index}.gz`, gzipSync(plain, { level: 1 }));
    }
    for (const bytes of byPath.values()) files.set(sha256(bytes), bytes);
    let fields: Record<string, string | undefined> = Object.assign({}, ...changes.map((change) => change.fields));
    // A mirror that stands still is no fault of this test's: its indexes do not expire, unless a case wants it.
    const expires = Date.parse(fieldOf(text, "Valid-Until") ?? "");
    if (expires < Date.now()) fields = { "Valid-Until": undefined, ...fields };
    if (byPath.size === 0 && Object.keys(fields).length === 0) return { signed, hashes: hashesOf(text), files };
    const changed = changedRelease(text, byPath, fields);
    return { signed: this.#signer.clearsign(changed), hashes: hashesOf(changed), files };
  }

  /** @param changed indexes that are not the archive's own, by path or hash */
  async #text(
    site: string,
    suite: string,
    hashes: ReadonlyMap<string, string>,
    index: string,
    changed: ReadonlyMap<string, Buffer>,
  ): Promise<string> {
    const known = changed.get(index) ?? changed.get(hashes.get(index) ?? "");
    if (known !== undefined) return known.toString();
    for (const [ending, read] of [
      [".xz", (bytes: Buffer) => spawnSync("xz", ["-dc"], { input: bytes, maxBuffer: 1 << 30 }).stdout],
      [".gz", gunzipSync],
    ] as const) {
      const hash = hashes.get(index + ending);
      const file = hash && (await this.#fetch(site, byHash(suite, index, hash)));
      if (file) return read(readFileSync(file)).toString();
    }
    throw new Error(`${suite} has no ${index}`);
  }

  async #cached(site: string, below: string): Promise<Content | undefined> {
    const file = await this.#fetch(site, below);
    return file === undefined ? undefined : { file };
  }

  /** The file in the cache; undefined if the mirrors have none. Whoever asks meanwhile waits for the same one. */
  #fetch(site: string, below: string, maxAge = Number.POSITIVE_INFINITY): Promise<string | undefined> {
    const file = join(cacheDirectory(), "archive", site, below);
    let fetching = this.#fetches.get(file);
    if (fetching === undefined) {
      const fresh = existsSync(file) && Date.now() - statSync(file).mtimeMs < maxAge;
      fetching = fresh ? Promise.resolve(file) : this.#download(site, below, file);
      this.#fetches.set(file, fetching);
      fetching.finally(() => this.#fetches.delete(file)).catch(() => {});
    }
    return fetching;
  }

  async #download(site: string, below: string, file: string): Promise<string | undefined> {
    let why: unknown;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      for (const mirror of this.#sites.get(site) ?? []) {
        try {
          const response = await fetch(`${mirror}/${below.split("/").map(encodeURIComponent).join("/")}`);
          if (response.status === 404) {
            why = 404;
            continue;
          }
          if (!response.ok) throw new Error(`HTTP status ${response.status}`);
          const part = `${file}.part-${process.pid}`;
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(part, Buffer.from(await response.arrayBuffer()));
          renameSync(part, file);
          return file;
        } catch (error) {
          why = error;
        }
      }
      if (why === 404) break;
      await sleep(attempt * 1000);
    }
    // Where the network is away, what was here stays good.
    if (existsSync(file)) return file;
    if (why === 404) return undefined;
    throw new Error(`${below}: ${(why as Error | undefined)?.message ?? "no mirror"}`, { cause: why });
  }
}

function byHash(suite: string, path: string, hash: string): string {
  return `dists/${suite}/${dirname(path).replace(/\/by-hash\/SHA256$/, "")}/by-hash/SHA256/${hash}`;
}

/** This host's mirrors, by the folder that they have here. */
function sites(): Map<string, readonly string[]> {
  const { main, security } = mirrors();
  return new Map([
    ["debian", main],
    ["debian-security", security],
  ]);
}
