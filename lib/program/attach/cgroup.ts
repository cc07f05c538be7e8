/** Attaches programs to cgroups. */
import { AttachType, Flag } from "../../constants";
import type { Link } from "../../link/link";
import { native } from "../../native";
import { boolean, integer, oneOf } from "../../options";
import { type AnchorOptions, anchored, linkAnchorSchema } from "./anchors";
import {
  type Attachable,
  program as aProgram,
  argument,
  type HasFd,
  type Mechanism,
  nameOf,
  pathOrFd,
  withFile,
} from "./mechanism";

/** Options for lsm_cgroup programs. */
export interface LsmCgroupAttachOptions {
  /** Path of the cgroup, or a file descriptor of its directory. Mandatory. The program runs for its descendants too. */
  cgroup?: string | number;
}

/**
 * Options for cgroup, cgroup_skb and sockops programs. The place among the links of other programs can be chosen since
 * Linux 6.17.
 */
export interface CgroupAttachOptions extends LsmCgroupAttachOptions, AnchorOptions<Link> {
  /** `AttachType`. Default: the section's. Needed for a section that names none, such as "cgroup/skb". */
  attachType?: number;
  /** The program runs before those of descendants (BPF_F_PREORDER). Since Linux 6.16. */
  preorder?: boolean;
  /**
   * Attach without a link, as other tools did before Linux 5.7: "override" lets a program of a descendant replace this
   * one, "multi" lets both run. By default a link is made, which counts as "multi".
   */
  allow?: "multi" | "override";
  /** With `allow: "multi"`: the attached program that this one replaces. Links are replaced by {@link Link.update}. */
  replace?: HasFd;
}

const NO_LINK = "it was attached with the option allow, which makes no link";

function cgroupOf(program: Attachable, { cgroup }: LsmCgroupAttachOptions): string | number {
  if (cgroup === undefined) throw argument(program, "needs a cgroup", 'Pass attach({ cgroup: "/sys/fs/cgroup/…" })');
  return cgroup;
}

/** For errors. */
const target = (_: Attachable, { cgroup }: LsmCgroupAttachOptions) => nameOf("cgroup", cgroup);

export const lsmCgroup: Mechanism<LsmCgroupAttachOptions> = {
  schema: { cgroup: pathOrFd },
  target,
  attach: (program, { fd }, options) =>
    withFile(program, cgroupOf(program, options), (target) => ({
      status: native.linkCreate(fd, { target, attachType: AttachType.LSM_CGROUP, flags: 0, tail: new Uint32Array() }),
    })),
};

export const cgroup: Mechanism<CgroupAttachOptions> = {
  schema: {
    ...{ cgroup: pathOrFd, ...linkAnchorSchema, attachType: integer(0, 0x7fffffff), preorder: boolean },
    ...{ allow: oneOf("multi", "override"), replace: aProgram },
  },
  target,
  since: { before: "6.17", after: "6.17", first: "6.17", last: "6.17", expectedRevision: "6.17", preorder: "6.16" },
  ignored: ["expectedRevision"],
  attach(program, { fd }, options) {
    const { attachType = program.attachType, allow, replace, preorder } = options;
    if (replace !== undefined && allow !== "multi")
      throw argument(program, 'takes the attach option replace only with allow: "multi"', "Links have link.update()");
    const { flags: place, tail } = anchored(program, options);
    if (allow !== undefined && (place !== 0 || tail.some((word) => word !== 0)))
      throw argument(
        program,
        "takes no anchor with the attach option allow",
        "Without allow a link is made, which has a place",
      );
    return withFile(program, cgroupOf(program, options), (target) => {
      const preordered = preorder ? Flag.PREORDER : 0;
      if (allow === undefined)
        return { status: native.linkCreate(fd, { target, attachType, flags: place | preordered, tail }) };
      const flags = preordered | (allow === "multi" ? Flag.ALLOW_MULTI : Flag.ALLOW_OVERRIDE);
      const status = native.programAttach(fd, {
        ...{ target, attachType, flags: flags | (replace ? Flag.REPLACE : 0), replaced: replace?.fd ?? 0 },
      });
      return { status, linkless: NO_LINK };
    });
  },
};
