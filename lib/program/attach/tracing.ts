/** Attaches programs to functions, hooks and tracepoints of the kernel. */
import { AttachError } from "../../errors";
import { activeLsms } from "../../kernel/lsm";
import { native } from "../../native";
import { bigint64, boolean, filled, text } from "../../options";
import {
  type Attachable,
  type Attached,
  about,
  program as aProgram,
  argument,
  type HasFd,
  type Mechanism,
  type Place,
} from "./mechanism";

/** Options for fentry, fexit, fmod_ret, fsession and tp_btf programs. */
export interface TracingAttachOptions {
  /**
   * A number that the program reads with bpf_get_attach_cookie(). Since Linux 5.19; for tp_btf programs since 6.10.
   */
  cookie?: bigint;
}

/** Options for lsm programs. */
export interface LsmAttachOptions extends TracingAttachOptions {
  /** Attach even if `bpf` is not among the active LSMs, although the program will then never run. */
  allowInactive?: boolean;
}

/** Options for raw_tp programs. */
export interface RawTracepointAttachOptions {
  /** A number that the program reads with bpf_get_attach_cookie(). Since Linux 6.10. */
  cookie?: bigint;
  /** The tracepoint. Default: the section's. */
  target?: string;
}

/** Options for tracepoint programs. */
export interface TracepointAttachOptions {
  /** A number that the program reads with bpf_get_attach_cookie(). Since Linux 5.15. */
  cookie?: bigint;
  /** The tracepoint as "category/name". Default: the section's. */
  target?: string;
}

/** Options for freplace programs, which replace a function of another program. */
export interface FreplaceAttachOptions {
  /**
   * The program whose function is replaced. Default: the one that {@link ProgramSpec.targetProgram} was set to at load.
   * Another one since Linux 5.10; its function must have the same parameters.
   */
  program?: HasFd;
  /** The function of `program`. Default: the section's. */
  function?: string;
}

export const trampoline: Mechanism<TracingAttachOptions> = {
  schema: { cookie: bigint64 },
  since: { cookie: "5.19" },
  attach: byBtf,
};

function byBtf(
  program: Attachable,
  { handle, index, fd, opened }: Place,
  { cookie = 0n }: TracingAttachOptions,
): Attached {
  if (!opened) return native.attachBtf(handle, index, { cookie });
  if (cookie === 0n) return { status: native.rawTracepointOpen(fd, "") };
  const tail = new Uint32Array(4);
  new BigUint64Array(tail.buffer)[1] = cookie;
  return { status: native.linkCreate(fd, { target: 0, attachType: program.attachType, flags: 0, tail }) };
}

/** Older kernels ignore its cookie, which no program of the kind can read there. */
export const btfTracepoint: Mechanism<TracingAttachOptions> = {
  ...trampoline,
  since: { cookie: "6.10" },
  ignored: ["cookie"],
};

export const lsm: Mechanism<LsmAttachOptions> = {
  schema: { cookie: bigint64, allowInactive: boolean },
  since: { cookie: "5.19" },
  attach(program, place, { cookie = 0n, allowInactive }) {
    const active = activeLsms();
    if (allowInactive !== true && active !== undefined && !active.includes("bpf")) {
      throw new AttachError(
        "ERR_BPF_LSM_INACTIVE",
        `program ${program.name} (${program.section}) would never run: bpf is not among the active LSMs (${active.join(",")})`,
        {
          ...about(program),
          hint: `Boot with lsm=${[...active, "bpf"].join(",")}, or attach({ allowInactive: true })`,
        },
      );
    }
    if (active === undefined) {
      process.emitWarning(
        `${program.name}: can't tell whether bpf is among the active LSMs; mount securityfs at /sys/kernel/security`,
        { code: "WARN_BPF_LSM_UNKNOWN" },
      );
    }
    return byBtf(program, place, { cookie });
  },
};

export const rawTracepoint: Mechanism<RawTracepointAttachOptions> = {
  schema: { cookie: bigint64, target: text },
  since: { cookie: "6.10" },
  attach(program, { handle, index, fd, opened }, { cookie = 0n, target }) {
    const name = target ?? program.attachTarget;
    if (!name) throw argument(program, "needs a tracepoint", "Pass attach({ target })");
    if (opened && cookie === 0n) return { status: native.rawTracepointOpen(fd, name) };
    return native.attachRawTracepoint(handle, index, { name, cookie });
  },
};

export const tracepoint: Mechanism<TracepointAttachOptions> = {
  schema: { cookie: bigint64, target: text },
  since: { cookie: "5.15" },
  attach(program, { handle, index }, { cookie = 0n, target }) {
    const [category, name] = (target ?? program.attachTarget ?? "").split("/");
    if (!category || !name) throw argument(program, 'needs a tracepoint as "category/name"', "Pass attach({ target })");
    return native.attachTracepoint(handle, index, { category, name, cookie });
  },
};

export const freplace: Mechanism<FreplaceAttachOptions> = {
  schema: { program: aProgram, function: filled },
  attach(program, { handle, index }, { program: target, function: name }) {
    if (target === undefined) {
      if (name !== undefined)
        throw argument(program, "needs the program that has the function", "Pass attach({ program })");
      return native.attachFreplace(handle, index, { target: -1, function: "" });
    }
    const replaced = name ?? program.attachTarget;
    if (!replaced) throw argument(program, "needs the function that it replaces", "Pass attach({ function })");
    return native.attachFreplace(handle, index, { target: target.fd, function: replaced });
  },
};
