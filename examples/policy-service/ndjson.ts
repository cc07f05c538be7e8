/** Decisions as lines of JSON, to a file or standard output. Whoever reads slowly loses lines, and holds nobody up. */
import { chownSync, createWriteStream, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { Decision } from "./decisions";
import type { Account } from "./privilege";

const MAX_WAITING = 4 * 1024 * 1024;
const STDOUT = 1;

export class NdjsonWriter {
  #stream: Writable;
  /** Decisions that were not written. */
  dropped = 0;

  /** @param owner whose the file becomes, who opens it again later */
  constructor(
    private readonly path: string,
    private readonly onError: (error: Error) => void,
    owner?: Account,
  ) {
    this.#stream = this.#open();
    if (owner !== undefined && path !== "-") chownSync(path, owner.uid, owner.gid);
  }

  write(decisions: readonly Decision[]): void {
    if (this.#stream.destroyed || this.#stream.writableLength > MAX_WAITING) this.dropped += decisions.length;
    else this.#stream.write(decisions.map((decision) => `${JSON.stringify(decision)}\n`).join(""));
  }

  /** Goes on in a new file where the old one was moved away. */
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

  /** Waits until all is written, but for no reader of a pipe. */
  async close(): Promise<void> {
    if (this.#stream instanceof Socket || this.#stream.destroyed) return;
    await new Promise<void>((resolve) => this.#stream.end(resolve));
  }

  #open(): Writable {
    const fd = this.path === "-" ? STDOUT : openSync(this.path, "a", 0o640);
    const stats = fstatSync(fd);
    const isPipe = stats.isFIFO() || stats.isSocket();
    const stream = isPipe ? new Socket({ fd, readable: false }) : createWriteStream("", { fd });
    return stream.on("error", this.onError);
  }
}
