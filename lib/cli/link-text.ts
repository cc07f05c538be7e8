/** What a link is attached to, in a few words. */
import { readdirSync, readFileSync } from "node:fs";
import type { LinkInfo, PerfEventTarget } from "../index";

export function targetOf(link: LinkInfo): string {
  switch (link.type) {
    case "raw_tracepoint":
      return link.name;
    case "tracing":
      return link.attachType;
    case "cgroup":
      return link.cgroupId === 0n ? `${link.attachType}, detached` : `${link.attachType} of cgroup ${link.cgroupId}`;
    case "iter":
      return link.mapId === undefined ? link.target : `${link.target} of map ${link.mapId}`;
    case "netns":
      return link.netnsInode === 0 ? `${link.attachType}, detached` : `${link.attachType} of netns ${link.netnsInode}`;
    case "xdp":
      return interfaceName(link.ifindex);
    case "tcx":
    case "netkit":
      return `${link.attachType} of ${interfaceName(link.ifindex)}`;
    case "struct_ops":
      return `map ${link.mapId}`;
    case "sockmap":
      return `${link.attachType} of map ${link.mapId}`;
    case "netfilter":
      return `hook ${link.hook} of family ${link.family}, priority ${link.priority}`;
    case "kprobe_multi":
      return link.functions === undefined ? "" : `${link.functions.count} functions`;
    case "uprobe_multi":
      return link.places === undefined ? "" : `${link.places.count} places of ${link.places.path}`;
    case "perf_event":
      return link.target === undefined ? "" : eventOf(link.target);
    default:
      return "";
  }
}

function eventOf(target: PerfEventTarget): string {
  switch (target.event) {
    case "uprobe":
    case "uretprobe":
      return `${target.path}+0x${target.offset.toString(16)}`;
    case "kprobe":
    case "kretprobe":
      return target.offset === 0 ? target.function : `${target.function}+0x${target.offset.toString(16)}`;
    case "tracepoint":
      return target.name;
    case "event":
      return `perf event ${target.eventType}:${target.config}`;
  }
}

/** The name of an interface of this network namespace. */
function interfaceName(index: number): string {
  if (index === 0) return "detached";
  const directory = "/sys/class/net";
  try {
    const is = (name: string) => readFileSync(`${directory}/${name}/ifindex`, "utf8").trim() === String(index);
    return readdirSync(directory).find(is) ?? `interface ${index}`;
  } catch {
    return `interface ${index}`;
  }
}
