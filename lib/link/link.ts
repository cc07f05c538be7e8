/** Links: attachments of programs to hooks. */
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { Codec } from "../codec/codec";
import { ArgumentError, type BpfError, ClosedError, type ErrorDetails, errnoName, isErrno, LinkError } from "../errors";
import type { Refused } from "../kernel/permission";
import { permissionError } from "../kernel/refusal";
import { type Handle, native } from "../native";
import { onCollected } from "../native/collected";
import type { Lifetime } from "../native/lifetime";
import { type PinFault, preparePin, removePin, whyNotOpened } from "../native/pins";
import { checkArgument, custom, filled, objectId, withFd } from "../options";
import { refuseOthers } from "../receivers";
import { recordsIn } from "./iter-records";
import { IterStream } from "./iter-stream";
import { type LinkInfo, readLinkInfo } from "./link-info";

interface Owner {
  /** The name of the program or struct_ops map. */
  program: string;
  lifetime: Lifetime;
  /** Why the kernel has no link; undefined if it has one. */
  linkless?: string | undefined;
  /** What detaching needs, if it is not a matter of closing the link. */
  detaching?: Refused | undefined;
  /** For an iterator that declares its records: their codec. */
  records?: Codec<unknown> | undefined;
}

/**
 * A program's attachment to a hook (libbpf's struct bpf_link). The program runs at its hook until the link is closed,
 * its object is closed, or the process ends. A pinned link stays attached after all three.
 *
 * A link that is garbage-collected without close() stays attached, and the process emits a warning: losing a reference
 * must not disable a policy.
 */
export class Link implements Disposable {
  static {
    refuseOthers(Link, (value) => #handle in value);
  }

  /** The name of the program or struct_ops map; undefined for a link opened from a pin or by its id. */
  readonly program: string | undefined;
  /** Name for errors. */
  readonly #what: string;
  readonly #handle: Handle;
  readonly #lifetime: Lifetime | undefined;
  readonly #forget: () => void;
  readonly #linkless: string | undefined;
  readonly #detaching: Refused | undefined;
  readonly #records: Codec<unknown> | undefined;
  #closed = false;
  /** A separate object, because the finalizer needs it after the link is gone. */
  readonly #pin: { path: string | undefined } = { path: undefined };

  /** @internal */
  constructor(handle: Handle, owner: Owner | { pinPath: string } | { id: number }) {
    if (typeof handle !== "number" || typeof owner !== "object" || owner === null)
      throw new ArgumentError("a link is made by attach(), openLink() or openLinkById(), not by its class");
    this.#handle = handle;
    this.program = "program" in owner ? owner.program : undefined;
    this.#lifetime = "program" in owner ? owner.lifetime : undefined;
    this.#pin.path = "pinPath" in owner ? owner.pinPath : undefined;
    this.#linkless = "linkless" in owner ? owner.linkless : undefined;
    this.#detaching = "detaching" in owner ? owner.detaching : undefined;
    this.#records = "records" in owner ? owner.records : undefined;
    this.#lifetime?.links.add(this);
    const what = "program" in owner ? `link of program ${owner.program}` : `link ${Object.values(owner)[0]}`;
    this.#what = what;
    const pin = this.#pin;
    this.#forget = onCollected(this, () => {
      const pinned = pin.path === undefined ? "" : `, and beyond that by its pin ${pin.path}`;
      const warning = `${what} was dropped without close(): it stays attached until the process ends${pinned}`;
      process.emitWarning(warning, { code: "WARN_BPF_LINK_DROPPED" });
    });
  }

  /**
   * What the kernel reports about the link. Since Linux 5.8; for kprobe, uprobe and tracepoint since 5.15, because
   * earlier kernels attach them as plain perf events. Not for USDT probes, which consist of several kernel links.
   * libbpf: bpf_obj_get_info_by_fd().
   *
   * @throws {@link LinkError} if the kernel has no single link for it
   * @throws {@link ClosedError} after the link is closed
   */
  info(): LinkInfo {
    const handle = this.#open("info");
    const info = readLinkInfo((bytes, buffers) => native.linkInfo(handle, bytes, buffers));
    if (typeof info !== "number") return info;
    throw linkError(`${this.#what}: can't read its info`, "info", info, this.#whyNone(info));
  }

  /**
   * Replaces the attached program without a moment in which none runs. The kernel has this for cgroup (Linux 5.7), xdp,
   * iter, sk_lookup and flow_dissector (5.9), tcx and netkit (their first release), sockmap (6.10) and struct_ops links
   * (6.4; the new one is a map). For others, such as lsm, fentry and netfilter, attach the new program, then close the
   * old link: both run in between. libbpf: bpf_link__update_program(), bpf_link__update_map().
   *
   * @param program the new program, of the same kind; for a struct_ops link a map, which for a link that was opened from
   *   a pin must have been attached before
   * @param expected fails with EPERM or EINVAL unless the link has this program (or map) now
   * @throws {@link LinkError} ERR_BPF_NOT_SUPPORTED if the kernel can't replace the program of such a link
   */
  update(program: { readonly fd: number }, expected?: { readonly fd: number }): void {
    const handle = this.#open("update");
    const callee = { name: "update", of: this.#what, details: about("update") };
    checkArgument(callee, "program", program, hasFd);
    if (expected !== undefined) checkArgument(callee, "expected", expected, hasFd);
    const status = this.#replace(handle, program, expected);
    if (status >= 0) return;
    const what = `${this.#what}: its program could not be replaced`;
    const type = this.#type();
    if (type === undefined || !UPDATABLE.has(type)) {
      const why = type === undefined ? this.#whyNone(status) : `the kernel can't update ${type} links`;
      const hint = "Attach the new program, then close this link: both run in between";
      const details = about("update", { errno: errnoName(status), hint });
      throw new LinkError("ERR_BPF_NOT_SUPPORTED", `${what}: ${why} (${errnoName(status)})`, details);
    }
    const other = "the link has another program than the expected one, or the new one is of another kind";
    if (type === "struct_ops" && isErrno(status, "EINVAL"))
      throw linkError(
        what,
        "update",
        status,
        "the map has another type or name, or no value: only the link of attach() gives it one",
      );
    throw linkError(
      what,
      "update",
      status,
      isErrno(status, "EPERM") && expected ? other : UPDATE_FAULTS[errnoName(status)],
    );
  }

  #replace(handle: Handle, program: Replacement, expected: Replacement | undefined): number {
    const place = program.structOps;
    if (place === undefined) return native.linkUpdate(handle, program.fd, expected?.fd ?? -1);
    // libbpf takes no expected map.
    if (expected !== undefined) {
      const info = this.info();
      if (!("mapId" in info) || info.mapId !== expected.id) return -constants.errno.EPERM;
    }
    return native.linkUpdateMap(handle, place.object, place.index);
  }

  /** The type of the kernel's link; undefined if it can't be read. */
  #type(): string | undefined {
    const info = readLinkInfo((bytes, buffers) => native.linkInfo(this.#handle, bytes, buffers));
    return typeof info === "number" ? undefined : info.type;
  }

  /**
   * Closes this object and leaves the program attached. What a kernel link attaches stays until the process ends, what
   * has no link (a filter of tc, a program of a socket) until its interface or socket goes away. To outlive the process
   * a link must be pinned. libbpf: bpf_link__disconnect().
   */
  disconnect(): void {
    native.linkDisconnect(this.#open("disconnect"));
    this.#closed = true;
    this.#forget();
    this.#lifetime?.links.delete(this);
  }

  /** The path the link is pinned to, as far as this object knows. */
  get pinPath(): string | undefined {
    return this.#pin.path;
  }

  /** True after close(), detach() or close() of its object. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Pins the link to a path in bpffs, so that the program stays attached when the process ends. Pinning does not close
   * the link. Creates missing directories, accessible to this user only. libbpf: bpf_obj_pin(). Not for perf events,
   * see {@link info}.
   *
   * @param path path in bpffs
   * @throws {@link LinkError} EEXIST if the path exists; if it is not in bpffs; if another user owns a directory on the
   *   path or can write to one without sticky bit, because that user could replace the pin
   */
  pin(path: string): void {
    const handle = this.#open("pin");
    checkArgument({ name: "pin", of: this.#what, details: about("pin") }, "path", path, filled);
    if (this.#pin.path !== undefined) {
      const hint = "Call unpin() first: a Link has one pin";
      throw new LinkError(
        "ERR_BPF_LINK",
        `${this.#what} is already pinned to ${this.#pin.path}`,
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
      throw pinFailed("pin", what, { what: "the path exists (EEXIST)", errno: "EEXIST", hint });
    } else throw linkError(what, "pin", status, this.#whyNone(status));
  }

  /**
   * Removes the pin. The program stays attached as long as this link is open.
   *
   * @throws {@link LinkError} if the link is not pinned, or another link has been pinned to the path since
   */
  unpin(): void {
    const { id } = this.info();
    const fault = this.#pin.path === undefined ? { what: "it is not pinned" } : removePin(this.#pin.path, "link", id);
    if (fault !== undefined) throw pinFailed("unpin", `${this.#what} could not be unpinned`, fault);
    this.#pin.path = undefined;
  }

  /**
   * Detaches the program at once, even if others hold the link, and closes the link. libbpf: bpf_link_detach(), since
   * Linux 5.9. The kernel supports it for cgroup, xdp and similar links. For others this removes the pin and closes
   * this handle, which detaches unless another process holds the link open. A pin that is gone, or that is now another
   * link's, is left alone.
   *
   * @throws {@link LinkError} if the pin can't be removed; the link then stays open and the program attached
   */
  detach(): void {
    const status = native.linkDetach(this.#open("detach"));
    // Before Linux 5.15 perf events are not links, and the kernel returns EINVAL.
    if (status < 0 && !isErrno(status, "EOPNOTSUPP") && !isErrno(status, "EINVAL")) {
      throw linkError(`${this.#what} could not be detached`, "detach", status, undefined, this.#detaching);
    }
    const fault = this.#pin.path === undefined ? undefined : removePin(this.#pin.path, "link", this.info().id);
    if (fault !== undefined && !fault.gone) throw pinFailed("detach", `${this.#what} stays attached by its pin`, fault);
    this.#pin.path = undefined;
    const closed = this.#release();
    // For example if tracefs rejects the removal of a probe: the program may still be attached.
    if (closed < 0) throw linkError(`${this.#what} could not be detached`, "detach", closed);
  }

  /**
   * Closes the link, which detaches the program unless the link is pinned. Idempotent. If the kernel refuses to detach
   * it, which can happen only where it has no links, the process emits a warning: {@link detach} throws instead. libbpf:
   * bpf_link__destroy().
   */
  close(): void {
    if (this.#closed) return;
    const status = this.#release();
    if (status >= 0) return;
    // Not thrown: who closes several links must close them all.
    const { message, hint } = linkError(
      `${this.#what} could not be detached`,
      "detach",
      status,
      undefined,
      this.#detaching,
    );
    process.emitWarning(`${message}: the program may still be attached. ${hint ?? ""}`.trim(), {
      code: "WARN_BPF_LINK_STAYS",
    });
  }

  #release(): number {
    this.#closed = true;
    this.#forget();
    this.#lifetime?.links.delete(this);
    return native.linkClose(this.#handle);
  }

  /** Same as close(). */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * For iterators: runs the iterator from its start and returns its output as a byte stream. Each call runs it again.
   * The program runs inside read(2), off the JavaScript thread, and may sleep. Since Linux 5.8. libbpf:
   * bpf_iter_create().
   *
   * The stream continues after the link is closed, and ends prematurely when the object is closed. The garbage
   * collector closes an unused stream. The stream fails with ERR_BPF_LINK and EAGAIN if the program keeps returning 1.
   *
   * @throws {@link LinkError} if the program is not an iterator
   */
  read(): Readable {
    return this.#readAs("read");
  }

  #readAs(operation: "read" | "records"): Readable {
    const run = native.iterCreate(this.#open(operation));
    if (run < 0) {
      const other = ["EINVAL", "EBADF", "EOPNOTSUPP"].includes(errnoName(run))
        ? "only iter programs produce output"
        : undefined;
      throw linkError(`${this.#what} can't be read`, operation, run, other);
    }
    return new IterStream(run, this.#lifetime);
  }

  /**
   * For iterators: runs the iterator from its start and returns what it writes as decoded records, each written by one
   * bpf_seq_write(). Otherwise like {@link read}: leaving the loop ends the run.
   *
   * The program can declare the type, `__attribute__((btf_decl_tag("event:struct task_record")))` before its function;
   * or pass a codec, such as `codecOf(spec.btf.typeNamed("struct task_record"))`. The iteration fails with ERR_BPF_LINK
   * if the output ends within a record.
   *
   * @throws {@link ArgumentError} without a codec, if the program declares no type; for a codec without size
   * @throws {@link LinkError} if the program is not an iterator
   */
  records<T>(codec?: Codec<T>): AsyncIterableIterator<T> {
    const wanted = codec ?? (this.#records as Codec<T> | undefined);
    const callee = { name: "records", of: this.#what, details: about("records") };
    const sized = custom<Codec<T>>(
      "the codec of its records, which the program does not declare",
      (value) => typeof value === "object" && value !== null && (value as Codec<T>).size > 0,
    );
    checkArgument(callee, "codec", wanted, sized);
    return recordsIn(this.#readAs("records"), wanted as Codec<T>, this.#what);
  }

  /** Why the kernel has no single link for this; undefined if the errno has another reason. */
  #whyNone(status: number): string | undefined {
    if (this.#linkless !== undefined) return this.#linkless;
    if (isErrno(status, "EOPNOTSUPP")) return "a USDT probe has several kernel links, one for each location";
    return isErrno(status, "EINVAL")
      ? "before Linux 5.15 the kernel attaches programs of this kind without a link"
      : undefined;
  }

  #open(operation: LinkOperation): Handle {
    if (this.#closed) throw new ClosedError(this.#what, `link.${operation}`);
    return this.#handle;
  }
}

/**
 * Opens a pinned link. libbpf: bpf_link__open().
 *
 * @param path path in bpffs
 * @throws {@link LinkError} if nothing or something other than a link is pinned there
 */
export function openLink(path: string): Link {
  checkArgument({ name: "openLink", details: about("open") }, "path", path, filled);
  const handle = native.linkOpen(path);
  if (handle >= 0) return new Link(handle, { pinPath: path });
  throw linkError(`link ${path} could not be opened`, "open", handle, whyNotOpened(handle, path, "link"));
}

/**
 * Opens a link by its kernel id, as shown by bpftool. Closing it detaches nothing that others hold. Needs
 * CAP_SYS_ADMIN. Since Linux 5.8. libbpf: bpf_link_get_fd_by_id().
 *
 * @throws {@link LinkError} if there is none
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function openLinkById(id: number): Link {
  checkArgument({ name: "openLinkById", details: about("open") }, "id", id, objectId);
  const handle = native.linkOpenById(id);
  if (handle >= 0) return new Link(handle, { id });
  const what = `link ${id} can't be opened`;
  const errno = errnoName(handle);
  if (isErrno(handle, "EPERM")) throw permissionError(what, { operation: "by-id" }, { ...about("open"), errno });
  throw linkError(what, "open", handle, isErrno(handle, "ENOENT") ? "there is none" : undefined);
}

/** @internal The link types with update_prog() or update_map() in the kernel (struct bpf_link_ops). */
export const UPDATABLE: ReadonlySet<string> = new Set([
  "cgroup",
  "xdp",
  "iter",
  "netns",
  "tcx",
  "netkit",
  "sockmap",
  "struct_ops",
]);

const UPDATE_FAULTS: Readonly<Record<string, string>> = {
  EINVAL: "the new program is of another kind, or was loaded for another attach type or target",
  ENOLINK: "what it was attached to is gone",
};

const hasFd = withFd("a program or a map");

/** A program or a map. */
interface Replacement {
  readonly fd: number;
  readonly id?: number;
  /** Of a struct_ops map: where it is in its object. */
  readonly structOps?: { readonly object: Handle; readonly index: number } | undefined;
}

type LinkOperation = "open" | "info" | "update" | "disconnect" | "pin" | "unpin" | "detach" | "read" | "records";

function about(operation: LinkOperation, details: Omit<ErrorDetails, "operation"> = {}) {
  return { operation: `link.${operation}` as const, ...details };
}

function pinFailed(operation: LinkOperation, doing: string, { what, gone: _, ...details }: PinFault): LinkError {
  return new LinkError("ERR_BPF_LINK", `${doing}: ${what}`, about(operation, details));
}

/**
 * Builds the error.
 *
 * @param why undefined if the errno explains itself
 */
function linkError(
  message: string,
  operation: LinkOperation,
  status: number,
  why?: string | undefined,
  refused: Refused = { operation: "use" },
): BpfError {
  const errno = errnoName(status);
  if (why === undefined && isErrno(status, "EPERM"))
    return permissionError(message, refused, { ...about(operation), errno });
  return new LinkError("ERR_BPF_LINK", `${message}${why ? `: ${why}` : ""} (${errno})`, about(operation, { errno }));
}
