/** Decisions as lines of JSON, to a file or standard output. A slow reader loses lines and never blocks the service. */
import { closeSync, constants, createWriteStream, fchownSync, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { Decision } from "./decisions";
import { ConfigError } from "./failure";
import type { Account } from "./privilege";

const MAX_WAITING = 4 * 1024 * 1024;
const STDOUT = 1;
/** Follows no link: the folder may belong to another user. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

export class NdjsonWriter {
  #stream: Writable;
  /** Number of decisions that were not written. */
  dropped = 0;

  /** @param owner the future owner of the file, who reopens it later */
  constructor(
    private readonly path: string,
    private readonly onError: (error: Error) => void,
    owner?: Account,
  ) {
    this.#stream = this.#open(owner);
  }

  write(decisions: readonly Decision[]): void {
    if (this.#stream.destroyed || this.#stream.writableLength > MAX_WAITING) this.dropped += decisions.length;
    else this.#stream.write(decisions.map((decision) => `${JSON.stringify(decision)}\n`).join(""));
  }

  /** Continues in a new file if the old one was moved away. */
  reopen(): void {
    if (this.path === "-") return;
    const old = this.#stream;
    try {
      this.#stream = this.#open();
      old.end();
    } catch (error) {
      this.onError(error as Error);
    }
  }

  /** Waits until everything is written, but not for the reader of a pipe. */
  async close(): Promise<void> {
    if (this.#stream instanceof Socket || this.#stream.destroyed) return;
    await new Promise<void>((resolve) => this.#stream.end(resolve));
  }

  #open(owner?: Account): Writable {
    const fd = this.path === "-" ? STDOUT : openSync(this.path, FLAGS, 0o640);
    // Change the opened file by its descriptor: the folder's owner may replace the path by a link or another file.
    if (owner !== undefined && this.path !== "-") this.#give(fd, owner);
    const stats = fstatSync(fd);
    const isPipe = stats.isFIFO() || stats.isSocket();
    const stream = isPipe ? new Socket({ fd, readable: false }) : createWriteStream("", { fd });
    return stream.on("error", this.onError);
  }

  #give(fd: number, { uid, gid }: Account): void {
    const stats = fstatSync(fd);
    if (stats.uid === uid) return;
    // The owner stays as it is for a file of root with another link, or a file of another user.
    if (stats.uid !== process.geteuid?.() || stats.nlink !== 1) {
      closeSync(fd);
      throw new ConfigError(`${this.path} belongs to user ${stats.uid}, or has other links: its owner was not changed`);
    }
    fchownSync(fd, uid, gid);
  }
}
