/** Links: what holds a program at its hook. */
import type { Readable } from "node:stream";
import { ArgumentError, ClosedError, errnoName, isErrno, LinkError, PermissionError } from "../errors";
import { onCollected } from "../handles";
import { explainPermission, readPermissionFacts } from "../kernel/permission";
import { warnings } from "../log";
import { type Handle, native } from "../native";
import type { Lifetime } from "../object/lifetime";
import { decodeLinkInfo, LINK_INFO_SIZE, type LinkInfo } from "./info";
import { IterStream } from "./iter-stream";

interface Owner {
  program: string;
  lifetime: Lifetime;
}

/**
 * A program's attachment. The program runs at its hook until the link is closed, its object is closed, or the process
 * ends; a pinned link outlives all three.
 *
 * A link that is garbage-collected without being closed stays attached, and a warning says so: policy is never dropped
 * because nobody kept a variable.
 */
export class Link implements Disposable {
  /** The program's name; undefined for a link that was opened from a pin. */
  readonly program: string | undefined;
  readonly #handle: Handle;
  readonly #lifetime: Lifetime | undefined;
  readonly #forget: () => void;
  #closed = false;
  #pinPath: string | undefined;

  /** @internal */
  constructor(handle: Handle, owner: Owner | { pinPath: string }) {
    this.#handle = handle;
    this.program = "program" in owner ? owner.program : undefined;
    this.#lifetime = "program" in owner ? owner.lifetime : undefined;
    this.#pinPath = "pinPath" in owner ? owner.pinPath : undefined;
    this.#lifetime?.links.add(this);
    const what = this.#what;
    this.#forget = onCollected(this, () => {
      process.emitWarning(`${what} was dropped without close(): it stays attached until the process ends`, {
        code: "WARN_BPF_LINK_DROPPED",
      });
    });
  }

  /**
   * Opens a pinned link. libbpf: bpf_link__open().
   *
   * @throws {@link LinkError} if nothing is pinned there, or no link
   */
  static fromPin(path: string): Link {
    checkPath("Link.fromPin", path);
    const outcome = native.linkOpen(path);
    if (outcome.status >= 0) return new Link(outcome.status, { pinPath: path });
    const missing = isErrno(outcome.status, "ENOENT");
    throw linkError(`link ${path} could not be opened`, "fromPin", outcome.status, {
      words: missing ? undefined : warnings(outcome).at(-1),
      hint: missing
        ? "Nothing is pinned there"
        : isErrno(outcome.status, "EINVAL")
          ? "What is pinned there is no link"
          : undefined,
    });
  }

  /**
   * What the kernel says of the link. Since Linux 5.8; for kprobe, uprobe and tracepoint since 5.15, where before they
   * were plain perf events.
   */
  get info(): LinkInfo {
    const bytes = new Uint8Array(LINK_INFO_SIZE);
    const status = native.linkInfo(this.#open("info"), bytes);
    if (status < 0) {
      const hint = isErrno(status, "EINVAL")
        ? "Before Linux 5.15 the kernel attaches this kind without a link"
        : undefined;
      throw linkError(`${this.#what} can't be asked for its info`, "info", status, { hint });
    }
    return decodeLinkInfo(bytes);
  }

  /** Where the link is pinned, as far as this handle knows. */
  get pinPath(): string | undefined {
    return this.#pinPath;
  }

  /** True once it was closed, by itself or with its object. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Pins the link to a path in bpffs, so that the program stays attached when the process ends. The link does not close
   * by that. libbpf: bpf_link__pin(). Not for perf events, see {@link info}.
   */
  pin(path: string): void {
    checkPath("pin", path);
    const status = native.linkPin(this.#open("pin"), path);
    if (status < 0) {
      const hint = isErrno(status, "EEXIST")
        ? "Something is there already: unlink it, or take it with Link.fromPin()"
        : "The path must be new, in a directory of a mounted bpffs (/sys/fs/bpf)";
      throw linkError(`${this.#what} could not be pinned to ${path}`, "pin", status, { hint });
    }
    this.#pinPath = path;
  }

  /** Removes the pin; the program stays attached as long as this link is open. */
  unpin(): void {
    const status = native.linkUnpin(this.#open("unpin"));
    if (status < 0)
      throw linkError(`${this.#what} could not be unpinned`, "unpin", status, { hint: "It is not pinned" });
    this.#pinPath = undefined;
  }

  /**
   * Detaches the program now, whoever else holds the link, and closes it. Where the kernel can't (it can for cgroup,
   * xdp and the like) the pin is removed and this handle closed: that detaches too, unless another process has the link
   * open.
   */
  detach(): void {
    const status = native.linkDetach(this.#open("detach"));
    // Perf events before Linux 5.15 are no links, and say EINVAL.
    if (status < 0 && !isErrno(status, "EOPNOTSUPP") && !isErrno(status, "EINVAL")) {
      throw linkError(`${this.#what} could not be detached`, "detach", status, {});
    }
    if (this.#pinPath !== undefined) this.unpin();
    const closed = this.#release();
    // What tracefs was asked to forget, say: the program may still be attached.
    if (closed < 0) throw linkError(`${this.#what} could not be detached`, "detach", closed, {});
  }

  /** Gives the link up: detaches the program, unless the link is pinned. Idempotent. */
  close(): void {
    if (!this.#closed) this.#release();
  }

  #release(): number {
    this.#closed = true;
    this.#forget();
    this.#lifetime?.links.delete(this);
    return native.linkClose(this.#handle);
  }

  /** `close()`: the program is detached, unless the link is pinned. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Iterators only: runs the iterator from its start and gives what it prints, as a stream of bytes. Each call runs it
   * anew. Reading, during which the program runs and may sleep, is off the JavaScript thread. Since Linux 5.8.
   *
   * The stream goes on when the link is closed, and ends prematurely when its object is; one that nobody uses any more is closed by the
   * garbage collector. It fails with ERR_BPF_LINK and EAGAIN for a program that says "again" (returns 1) without end.
   */
  read(): Readable {
    const run = native.iterCreate(this.#open("read"));
    if (run < 0) {
      const hint = isErrno(run, "EINVAL") || isErrno(run, "EBADF") ? "Only iter programs can be read" : undefined;
      throw linkError(`${this.#what} can't be read`, "read", run, { hint });
    }
    return new IterStream(run, this.#lifetime);
  }

  get #what(): string {
    return this.program === undefined ? `link ${this.#pinPath}` : `link of program ${this.program}`;
  }

  #open(operation: string): Handle {
    if (this.#closed) throw new ClosedError(this.#what, `link.${operation}`);
    return this.#handle;
  }
}

function checkPath(operation: string, path: string): void {
  if (typeof path !== "string" || path === "") throw new ArgumentError(`${operation} takes a path`, { operation });
}

function linkError(
  message: string,
  operation: string,
  status: number,
  more: { hint?: string | undefined; words?: string | undefined },
) {
  const errno = errnoName(status);
  const details = { operation: `link.${operation}`, errno };
  if (isErrno(status, "EPERM")) {
    const why = explainPermission(readPermissionFacts(), false);
    return new PermissionError(`${message}: ${why.cause} (EPERM)`, { ...details, hint: why.hint });
  }
  const text = `${message}${more.words ? `: ${more.words}` : ""} (${errno})`;
  return new LinkError("ERR_BPF_LINK", text, { ...details, ...(more.hint && { hint: more.hint }) });
}
