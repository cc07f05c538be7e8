/** node-libbpf link: shows, pins and detaches links. */
import type { Command } from "commander";
import { type LinkInfo, linkInfo, links, openLinkById, owners } from "../index";
import { detachLink } from "../running/detach";
import { allPins } from "../running/pinned";
import { addExamples } from "./examples";
import { targetOf } from "./link-text";
import { fields, holders, idOf, idOrPin } from "./running-output";
import { document, printable, table } from "./table";

const LINK = "an id, or the path of a pin";

export function addLink(program: Command): void {
  const command = program.command("link").summary("show, pin and detach links");
  addExamples(command, "sudo node-libbpf link show", "sudo node-libbpf link detach 7");
  const show = command
    .command("show")
    .summary("show a link, or all, with pins and owners")
    .description("Prints what the kernel reports about a link, or about all. Needs root.")
    .argument("[link]", LINK)
    .option("--json", "print JSON")
    .action((word: string | undefined, { json }: { json?: true }) => {
      const found = word === undefined ? [...links()] : [linkInfo(idOf(word, "link"))];
      process.stdout.write(
        word === undefined ? all(withHolders(found), json) : one(withHolders(found)[0] as Shown, json),
      );
    });
  addExamples(show, "sudo node-libbpf link show", "sudo node-libbpf link show 7 --json");
  const pin = command
    .command("pin")
    .summary("pin a link, so that its program stays attached")
    .description("Pins a link to a path in bpffs, so that its program stays attached when its owners end. Needs root.")
    .argument("<link>", "an id")
    .argument("<path>", "a path in bpffs that does not exist")
    .action((word: string, path: string) => {
      using link = openLinkById(idOf(word, "link"));
      link.pin(path);
    });
  addExamples(pin, "sudo node-libbpf link pin 7 /sys/fs/bpf/guard");
  const detach = command
    .command("detach")
    .summary("detach a link, and remove the pin by which it is named")
    .description(
      "Detaches a link even if others hold it: of a cgroup, an interface, a network namespace, a sockmap, netfilter.\n" +
        "The kernel can't detach other links while something holds them; the error says what does. Needs root.",
    )
    .argument("<link>", LINK)
    .action((word: string) => detachLink(idOrPin(word)));
  addExamples(detach, "sudo node-libbpf link detach 7", "sudo node-libbpf link detach /sys/fs/bpf/guard");
}

type Shown = LinkInfo & { pins: readonly string[]; owners: ReturnType<typeof holdersOf> };

const holdersOf = (held: ReturnType<typeof owners>, id: number) => held.links.get(id) ?? [];

function withHolders(found: readonly LinkInfo[]): Shown[] {
  const held = owners();
  const pins = [...allPins()].filter(({ kind }) => kind === "link");
  return found.map((link) => ({
    ...link,
    pins: pins.filter(({ id }) => id === link.id).map(({ path }) => path),
    owners: holdersOf(held, link.id),
  }));
}

function all(found: readonly Shown[], asJson: true | undefined): string {
  if (asJson) return document({ links: found });
  const header = ["ID", "TYPE", "PROGRAM", "ATTACHED TO", "PINS", "HELD BY"];
  const rows = found.map((link) => [
    ...[String(link.id), link.type, String(link.programId), targetOf(link)],
    ...[link.pins.join(" "), holders(link.owners)],
  ]);
  return table([
    header.map((text) => ({ text, style: "bold" as const })),
    ...rows.map((row) => row.map((text) => ({ text: printable(text) }))),
  ]);
}

function one(link: Shown, asJson: true | undefined): string {
  if (asJson) return document({ link });
  const { owners, ...info } = link;
  return table(fields({ ...info, "attached to": targetOf(link), "held by": holders(owners) }));
}
