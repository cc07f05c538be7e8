/** Detaches what others attached. */
import { BpfError, LinkError } from "../errors";
import { openLink, openLinkById } from "../link/link";
import type { LinkInfo } from "../link/link-info";
import { linkInfo, links } from "./objects";
import { type Owner, owners } from "./owners";
import { pinsOf } from "./pinned";

const PATIENCE_MS = 2000;
const PAUSE_MS = 20;

/**
 * @internal Detaches a link by its id, or by its pin, which goes too.
 *
 * @throws {@link LinkError} if it stays attached, because the kernel can't detach such a link while others hold it: the
 *   message names them
 */
export function detachLink(link: number | string): void {
  using opened = typeof link === "number" ? openLinkById(link) : openLink(link);
  const { id, type } = opened.info();
  opened.detach();
  if (isGone(id)) return;
  const holders = [
    ...(owners().links.get(id) ?? []).map(({ pid, command }: Owner) => `process ${pid} (${command})`),
    ...pinsOf("link", id).map((path) => `the pin ${path}`),
  ];
  // The kernel lets go of the last pin or descriptor after a grace period.
  for (let waited = 0; holders.length === 0 && waited < PATIENCE_MS; waited += PAUSE_MS) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    if (isGone(id)) return;
  }
  const what = `link ${id} stays attached: the kernel can't detach ${type} links while something holds them`;
  const hint = "End that process, or detach the link by the path of its pin";
  const held = holders.length === 0 ? "something that this process can't see" : holders.join(", ");
  throw new LinkError("ERR_BPF_LINK", `${what}: ${held}`, { operation: "link.detach", errno: "EOPNOTSUPP", hint });
}

/**
 * @internal Detaches all links of a program. Returns their ids.
 *
 * @throws {@link LinkError} if there is none, or one stays attached
 */
export function detachProgram(id: number): number[] {
  const found = [...links()].filter(({ programId }) => programId === id).map((link) => link.id);
  if (found.length === 0) {
    const hint =
      "A program that is attached without a link ends with the process, device or socket that it is attached to";
    throw new LinkError("ERR_BPF_LINK", `program ${id} has no link`, { operation: "link.detach", hint });
  }
  for (const link of found) detachLink(link);
  return found;
}

/** Whether it attaches nothing any more. A link that was detached exists while something holds it, without what it was attached to. */
function isGone(id: number): boolean {
  let info: LinkInfo;
  try {
    info = linkInfo(id);
  } catch (error) {
    if (error instanceof BpfError && error.code === "ERR_BPF_NOT_LOADED") return true;
    throw error;
  }
  return info.type === "netfilter" || isDetached(info); // The kernel shows no sign of it for netfilter.
}

/** @internal Whether the kernel says that a link is attached to nothing any more, as when its interface or cgroup is gone. */
export function isDetached(info: LinkInfo): boolean {
  switch (info.type) {
    case "cgroup":
      return info.cgroupId === 0n;
    case "netns":
      return info.netnsInode === 0;
    case "xdp":
    case "tcx":
    case "netkit":
      return info.ifindex === 0;
    case "sockmap":
    case "struct_ops":
      return info.mapId === 0;
    default:
      return false;
  }
}
