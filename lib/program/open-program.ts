/** Opens programs by pin and by id. */
import { basename } from "node:path";
import { AttachType, ProgramType } from "../constants";
import { ArgumentError, BpfError, errnoName, isErrno, type Operation } from "../errors";
import { permissionError } from "../kernel/refusal";
import { type Handle, native } from "../native";
import { Lifetime } from "../native/lifetime";
import { whyNotOpened } from "../native/pins";
import { checkArgument, checkOptions, filled, objectId, type Schema } from "../options";
import { refuseOthers } from "../receivers";
import { kindOf, kindOfType, parseSection } from "../section-names";
import { Program } from "./program";
import { type ProgramInfo, readProgramInfo } from "./program-info";

/** Options of {@link openProgram} and {@link openProgramById}. */
export interface OpenProgramOptions {
  /**
   * The section that the program was compiled with: "fentry/do_unlinkat", "cgroup/connect4". The kernel tells a
   * program's type, but not its attach type, which `attach()` needs for types with several kinds.
   */
  section?: string;
}

const OPTIONS: Schema<OpenProgramOptions> = { section: filled };
const OPERATION: Operation = "program.open";

/**
 * Opens a pinned program. Close it with `close()` or `using`; its links are closed with it. It can be attached, run and
 * pinned again. What libbpf attaches only as a part of its object can't be attached: kprobes, uprobes, tracepoints,
 * iterators and others that need perf events or the object's maps. libbpf: bpf_obj_get().
 *
 * @param path path in bpffs
 * @throws {@link BpfError} ERR_BPF_PIN if nothing is pinned there, or something else
 * @throws {@link PermissionError} with the missing privilege
 * @throws {@link ArgumentError} if the program is not of the section's type
 */
export function openProgram(path: string, options?: OpenProgramOptions): OpenedProgram {
  const callee = { name: "openProgram", details: { operation: OPERATION } };
  checkArgument(callee, "path", path, filled);
  const given = checkOptions(callee, options, OPTIONS);
  const handle = native.programOpen(path);
  const what = `program ${path} can't be opened`;
  if (handle < 0) throw notOpened(handle, what, whyNotOpened(handle, path, "program"), "use");
  return opened(handle, given, what, basename(path));
}

/**
 * Opens a loaded program by its id; see {@link openProgram}. Needs CAP_SYS_ADMIN. libbpf: bpf_prog_get_fd_by_id(). Since
 * Linux 4.13.
 *
 * @throws {@link BpfError} ERR_BPF_PIN if there is none
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 * @throws {@link ArgumentError} if the program is not of the section's type
 */
export function openProgramById(id: number, options?: OpenProgramOptions): OpenedProgram {
  const callee = { name: "openProgramById", details: { operation: OPERATION } };
  checkArgument(callee, "id", id, objectId);
  const given = checkOptions(callee, options, OPTIONS);
  const handle = native.programOfId(id);
  const what = `program ${id} can't be opened`;
  if (handle < 0) throw notOpened(handle, what, isErrno(handle, "ENOENT") ? "there is none" : undefined, "by-id");
  return opened(handle, given, what, String(id));
}

/** A program that was opened by its pin or id, and belongs to no {@link BpfObject}. */
export class OpenedProgram extends Program implements Disposable {
  static {
    refuseOthers(OpenedProgram, (value) => #lifetime in value);
  }

  readonly #lifetime: Lifetime;

  /** @internal */
  constructor(lifetime: Lifetime, ...spec: Facts) {
    super(lifetime, ...spec, undefined);
    this.#lifetime = lifetime;
  }

  /** True after `close()`. */
  get closed(): boolean {
    return this.#lifetime.closed;
  }

  /** Closes it, and its links, except pinned ones. The program stays loaded while something holds it. Idempotent. */
  close(): void {
    this.#lifetime.close();
  }

  /** Same as `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

type Facts = [spec: ConstructorParameters<typeof Program>[1]];

function opened(handle: Handle, { section }: OpenProgramOptions, what: string, fallback: string): OpenedProgram {
  try {
    const fd = native.programFd(handle, 0);
    const info = readProgramInfo((bytes, buffers) => native.infoOfFd(fd, bytes, buffers));
    if (typeof info === "number") throw notOpened(info, what, undefined, "use");
    const name = info.name || fallback;
    const lifetime = new Lifetime(handle, `program ${name}`, undefined);
    return new OpenedProgram(lifetime, {
      ...factsOf(info, section, what),
      name,
      autoload: true,
      autoattach: true,
      logLevel: 0,
    });
  } catch (error) {
    native.objectClose(handle);
    throw error;
  }
}

function factsOf(info: ProgramInfo, section: string | undefined, what: string) {
  const type = (ProgramType as Readonly<Record<string, number>>)[info.type.toUpperCase()] ?? 0;
  if (section === undefined) {
    const isLsm = type === ProgramType.LSM;
    const kind = isLsm ? kindOf(type, AttachType.LSM_MAC).kind : (kindOfType(type) ?? info.type);
    return {
      section: info.type,
      kind,
      type,
      attachType: isLsm ? AttachType.LSM_MAC : 0,
      attachTarget: undefined,
      sleepable: false,
    };
  }
  const ofLibbpf = native.sectionTypes(section);
  const facts = parseSection(section, ofLibbpf.type);
  const wanted = facts.type ?? ofLibbpf.type;
  if (wanted !== type) {
    const hint = "Pass the section that it was compiled with";
    const details = { operation: OPERATION, section, hint };
    throw new ArgumentError(`${what}: it is a ${info.type} program, not one of SEC("${section}")`, details);
  }
  return {
    ...{ section, kind: facts.kind, type, attachType: facts.attachType ?? ofLibbpf.attachType },
    ...{ attachTarget: facts.target, sleepable: /^[^/]*\.s(\/|$)/.test(section) },
  };
}

function notOpened(status: number, what: string, why: string | undefined, by: "use" | "by-id"): BpfError {
  const errno = errnoName(status);
  const details = { operation: OPERATION, errno };
  if (why === undefined && isErrno(status, "EPERM")) return permissionError(what, { operation: by }, details);
  return new BpfError("ERR_BPF_PIN", `${what}: ${why ?? "the kernel refuses"} (${errno})`, {
    ...details,
    hint: "node-libbpf ps lists the programs and their pins",
  });
}
