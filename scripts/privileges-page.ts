/** The table of docs/security.md: what lib/kernel/privileges-measured.ts says, with one line for operations of one verb. */
import { join } from "node:path";
import { KINDS } from "../lib/kinds";
import { PROJECT_ROOT } from "./places";
import { between } from "./support";

/** What lib/kernel/privileges-measured.ts has. */
export interface Table {
  readonly versions: readonly string[];
  readonly rows: Readonly<Record<string, readonly (string | null)[]>>;
}

export const PAGE = join(PROJECT_ROOT, "docs/security.md");

/** Operations that are no verb with an object. */
const SINGLE: Readonly<Record<string, string>> = {
  use: "use a map, program, link or pin that is open: elements, info, update, pin, detach, test run, iterators",
  freeze: "freeze a map",
  memory: "read a ring that is open; read and write mapped arrays and variables",
  "by-id": "list programs, maps and links; open one by its id; `enableStats()`",
  query: "`attachedTo()` of a cgroup, a network namespace, tcx, netkit",
  "query xdp": "`attachedTo()` of XDP",
  "perf-buffer": "read a perf buffer",
  "trace-pipe": "`tracePipe()`",
  "kernel BTF": "read the kernel's BTF",
  "kernel addresses": "read addresses of kernel functions",
};

/** Attachments are told by the kinds that are attached in that way. */
function nameOf(verb: string, object: string): string[] {
  // Programs of packets have a row of their own: attachRow().
  const kinds = Object.entries(KINDS).flatMap(([kind, { attach }]) =>
    attach === object && kind !== "cgroup_skb" ? [kind] : [],
  );
  return verb === "attach" && kinds.length > 0 ? kinds : [object];
}

/** "BPF NET_ADMIN / NET_ADMIN": what CAP_SYS_ADMIN does not stand for is behind the slash. */
function cellOf(text: string | null | undefined): string {
  if (text == null) return "–";
  const [needs = "", besides = ""] = text.split("/").map((part) => part.trim());
  if (needs === "") return "nothing";
  return besides === "" ? needs : `${needs} (not by SYS_ADMIN: ${besides})`;
}

function table({ versions, rows }: Table): string {
  const groups = new Map<string, { verb: string; objects: string[]; cells: string[] }>();
  for (const [row, texts] of Object.entries(rows)) {
    const verb = SINGLE[row] === undefined ? (row.split(" ", 1)[0] as string) : row;
    const cells = versions.map((_, index) => cellOf(texts[index]));
    const key = [verb, ...cells].join("|");
    const group = groups.get(key) ?? { verb, objects: [], cells };
    group.objects.push(...nameOf(verb, row.slice(verb.length + 1)));
    groups.set(key, group);
  }
  const lines = [...groups.values()]
    .sort((a, b) => (a.verb < b.verb ? -1 : a.verb > b.verb ? 1 : b.objects.length - a.objects.length))
    .map(({ verb, objects, cells }) => [
      SINGLE[verb] ?? `${verb} ${objects.map((name) => `\`${name}\``).join(", ")}`,
      ...cells,
    ]);
  const head = ["", ...versions];
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** The page with the table as it should be. */
export function pageWith(page: string, measured: Table): string {
  return between(page, table(measured));
}
