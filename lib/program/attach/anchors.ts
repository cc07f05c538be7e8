/** The place of a program among the others at an attach point: the kernel's mprog API (kernel/bpf/mprog.c). */
import { Flag } from "../../constants";
import { Link } from "../../link/link";
import { bigint64, custom, type Schema, uint32 } from "../../options";
import { type Attachable, onlyOne } from "./mechanism";

/** A link, a program, or a program's id. */
export type Anchor = Link | { readonly id: number } | number;

/** Where the program runs among those that are attached to the same place. At most one option. Default: last. */
export interface AnchorOptions<A extends Anchor = Anchor> {
  /** Before this one. */
  before?: A;
  /** Behind this one. */
  after?: A;
  /** Before all others. */
  first?: true;
  /** Behind all others. */
  last?: true;
  /**
   * Attach only if the attach point still has this revision: its number changes at each change. The kernel fails with
   * ESTALE otherwise.
   */
  expectedRevision?: bigint;
}

const anchor = custom<Anchor>(
  "a link, a program or a program's id",
  (value) =>
    value instanceof Link ||
    (typeof value === "number"
      ? uint32.fault(value) === undefined
      : typeof value === "object" && value !== null && "id" in value),
);

const aLink = custom<Link>("a link", (value) => value instanceof Link);
const yes = custom<true>("true", (value) => value === true);

export const anchorSchema: Schema<AnchorOptions> = {
  ...{ before: anchor, after: anchor, first: yes, last: yes, expectedRevision: bigint64 },
};

/**
 * For cgroups, where a link has its place among links: the kernel takes a program for the anchor of attachments without a link
 * only (kernel/bpf/cgroup.c: get_prog_list()).
 */
export const linkAnchorSchema: Schema<AnchorOptions<Link>> = { ...anchorSchema, before: aLink, after: aLink };

const PLACES = ["before", "after", "first", "last"] as const;

/** Flags of BPF_LINK_CREATE, and its members relative_id and expected_revision. */
export function anchored(program: Attachable, options: AnchorOptions): { flags: number; tail: Uint32Array } {
  onlyOne(program, options, PLACES);
  const { before, after, first, last, expectedRevision = 0n } = options;
  const [idFlags, id] = idOf(before ?? after);
  const place = before !== undefined || first ? Flag.BEFORE : after !== undefined || last ? Flag.AFTER : 0;
  const tail = new Uint32Array(4);
  tail[0] = id;
  new BigUint64Array(tail.buffer)[1] = expectedRevision;
  return { flags: place | idFlags, tail };
}

function idOf(anchor: Anchor | undefined): [flags: number, id: number] {
  if (anchor === undefined) return [0, 0];
  if (anchor instanceof Link) return [Flag.ID | Flag.LINK, anchor.info().id];
  return [Flag.ID, typeof anchor === "number" ? anchor : anchor.id];
}
