/** Links: what holds a program at its hook. */
import type { Readable } from "node:stream";
import { type BpfError, ClosedError, type ErrorDetails, errnoName, isErrno, LinkError } from "../errors";
import { permissionError } from "../kernel/refusal";
import { type Handle, native } from "../native";
import { onCollected } from "../native/collected";
import type { Lifetime } from "../native/lifetime";
import { type PinFault, preparePin, removePin, whyNotOpened } from "../native/pins";
import { checkArgument, filled } from "../options";
import { refuseOthers } from "../receivers";
import { IterStream } from "./iter-stream";
import { decodeLinkInfo, LINK_INFO_SIZE, type LinkInfo } from "./link-info";

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
  static {
    refuseOthers(Link, (value) => #handle in value);
  }

  /** The program's name; undefined for a link that was opened from a pin. */
  readonly program: string | undefined;
  /** For errors. */
  readonly #what: string;
  readonly #handle: Handle;
  readonly #lifetime: Lifetime | undefined;
  readonly #forget: () => void;
  #closed = false;
  /** Apart from this link, for what is said of it when it is gone. */
  readonly #pin: { path: string | undefined } = { path: undefined };

  /** @internal */
  constructor(handle: Handle, owner: Owner | { pinPath: string }) {
    this.#handle = handle;
    this.program = "program" in owner ? owner.program : undefined;
    this.#lifetime = "program" in owner ? owner.lifetime : undefined;
    this.#pin.path = "pinPath" in owner ? owner.pinPath : undefined;
    this.#lifetime?.links.add(this);
    const what = "program" in owner ? `link of program ${owner.program}` : `link ${owner.pinPath}`;
    this.#what = what;
    const pin = this.#pin;
    this.#forget = onCollected(this, () => {
      const pinned = pin.path === undefined ? "" : `, and by its pin ${pin.path} beyond that`;
      const warning = `${what} was dropped without close(): it stays attached until the process ends${pinned}`;
      process.emitWarning(warning, { code: "WARN_BPF_LINK_DROPPED" });
    });
  }

  /**
   * What the kernel says of the link. Since Linux 5.8; for kprobe, uprobe and tracepoint since 5.15, where before they
   * were plain perf events. Not for USDT probes, which are several links to the kernel.
   */
  info(): LinkInfo {
    const bytes = new Uint8Array(LINK_INFO_SIZE);
    const status = native.linkInfo(this.#open("info"), bytes);
    if (status >= 0) return decodeLinkInfo(bytes);
    throw linkError(`${this.#what} can't be asked for its info`, "info", status, this.#whyNone(status));
  }

  /** Where the link is pinned, as far as this handle knows. */
  get pinPath(): string | undefined {
    return this.#pin.path;
  }

  /** True once it was closed, by itself or with its object. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Pins the link to a path in bpffs, so that the program stays attached when the process ends. The link does not close
   * by that. Missing directories are made, for this user alone. libbpf: bpf_obj_pin(). Not for perf events, see {@link info}.
   *
   * @throws {@link LinkError} EEXIST if there is a file of that name; if the path is not in bpffs; if another user owns a directory
   *   on it, or may write to one that has no sticky bit: the pin could be replaced
   */
  pin(path: string): void {
    const handle = this.#open("pin");
    checkArgument({ name: "pin", of: this.#what, details: about("pin") }, "path", path, filled);
    if (this.#pin.path !== undefined) {
      const hint = "unpin() it first: a link has one pin here";
      throw new LinkError(
        "ERR_BPF_LINK",
        `${this.#what} is pinned already, to ${this.#pin.path}`,
        about("pin", { hint }),
      );
    }
    const what = `${this.#what} could not be pinned to ${path}`;
    const fault = preparePin(path);
    if (fault !== undefined) throw pinFailed("pin", what, fault);
    const status = native.linkPin(handle, path);
    if (status >= 0) this.#pin.path = path;
    else if (isErrno(status, "EEXIST")) {
      const hint = "Unlink it, or open it with openLink()";
      throw pinFailed("pin", what, { what: "something is there already (EEXIST)", errno: "EEXIST", hint });
    } else throw linkError(what, "pin", status, this.#whyNone(status));
  }

  /**
   * Removes the pin; the program stays attached as long as this link is open.
   *
   * @throws {@link LinkError} if it is not pinned, or the pin is another link's by now
   */
  unpin(): void {
    const { id } = this.info();
    const fault = this.#pin.path === undefined ? { what: "it is not pinned" } : removePin(this.#pin.path, "link", id);
    if (fault !== undefined) throw pinFailed("unpin", `${this.#what} could not be unpinned`, fault);
    this.#pin.path = undefined;
  }

  /**
   * Detaches the program now, whoever else holds the link, and closes it. Where the kernel can't (it can for cgroup,
   * xdp and the like) the pin is removed and this handle closed: that detaches too, unless another process has the link
   * open. A pin that is gone, or another link's by now, is left as it is.
   *
   * @throws {@link LinkError} if the pin can't be removed: the link is open then, and the program attached
   */
  detach(): void {
    const status = native.linkDetach(this.#open("detach"));
    // Perf events before Linux 5.15 are no links, and say EINVAL.
    if (status < 0 && !isErrno(status, "EOPNOTSUPP") && !isErrno(status, "EINVAL")) {
      throw linkError(`${this.#what} could not be detached`, "detach", status);
    }
    const fault = this.#pin.path === undefined ? undefined : removePin(this.#pin.path, "link", this.info().id);
    if (fault !== undefined && !fault.gone) throw pinFailed("detach", `${this.#what} stays attached by its pin`, fault);
    this.#pin.path = undefined;
    const closed = this.#release();
    // What tracefs was asked to forget, say: the program may still be attached.
    if (closed < 0) throw linkError(`${this.#what} could not be detached`, "detach", closed);
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
      const other = ["EINVAL", "EBADF", "EOPNOTSUPP"].includes(errnoName(run))
        ? "only iter programs can be read"
        : undefined;
      throw linkError(`${this.#what} can't be read`, "read", run, other);
    }
    return new IterStream(run, this.#lifetime);
  }

  /** Why the kernel knows of no one link; undefined if it does, and said something else. */
  #whyNone(status: number): string | undefined {
    if (isErrno(status, "EOPNOTSUPP")) return "it is several to the kernel, one for each place of the USDT probe";
    return isErrno(status, "EINVAL") ? "before Linux 5.15 the kernel attaches this kind without a link" : undefined;
  }

  #open(operation: LinkOperation): Handle {
    if (this.#closed) throw new ClosedError(this.#what, `link.${operation}`);
    return this.#handle;
  }
}

/**
 * Opens a pinned link. libbpf: bpf_link__open().
 *
 * @throws {@link LinkError} if nothing is pinned there, or no link
 */
export function openLink(path: string): Link {
  checkArgument({ name: "openLink", details: about("open") }, "path", path, filled);
  const handle = native.linkOpen(path);
  if (handle >= 0) return new Link(handle, { pinPath: path });
  throw linkError(`link ${path} could not be opened`, "open", handle, whyNotOpened(handle, path, "link"));
}

type LinkOperation = "open" | "info" | "pin" | "unpin" | "detach" | "read";

function about(operation: LinkOperation, details: Omit<ErrorDetails, "operation"> = {}) {
  return { operation: `link.${operation}` as const, ...details };
}

function pinFailed(operation: LinkOperation, doing: string, { what, gone: _, ...details }: PinFault): LinkError {
  return new LinkError("ERR_BPF_LINK", `${doing}: ${what}`, about(operation, details));
}

/** @param why undefined: what the errno says by itself */
function linkError(message: string, operation: LinkOperation, status: number, why?: string | undefined): BpfError {
  const errno = errnoName(status);
  if (why === undefined && isErrno(status, "EPERM"))
    return permissionError(message, { operation: "use" }, { ...about(operation), errno });
  return new LinkError("ERR_BPF_LINK", `${message}${why ? `: ${why}` : ""} (${errno})`, about(operation, { errno }));
}
