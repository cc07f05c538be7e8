/** Writes man/node-libbpf.1 from the definitions of the commands. `--check` fails if it differs. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CommandShape, everyCommand, shapeOf } from "../lib/cli/command-shape";
import { wholeProgram } from "../lib/cli/commands";
import { PROJECT_ROOT } from "./places";

const PAGE = "man/node-libbpf.1";

/** Text in roff: no hyphen of an option becomes a dash, and no line begins with a request. */
function roff(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq").replaceAll("`", "\\(ga");
  return escaped
    .replaceAll(/^[.]/gm, "\\&.")
    .replaceAll(/\P{ASCII}/gu, (sign) => `\\[u${sign.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`);
}

function manPage(program: CommandShape): string {
  const commands = [...everyCommand(program)].filter(({ commands }) => commands.length === 0);
  return [
    '.TH NODE\\-LIBBPF 1 "" "node\\-libbpf" "User Commands"',
    // Neither hyphenated nor justified: words are options and names.
    ".nh\n.ad l",
    ".SH NAME",
    "node\\-libbpf \\- build, type, test and inspect BPF programs",
    ".SH SYNOPSIS",
    `.B node\\-libbpf\n.I command\n.RI [ options ]`,
    ".SH DESCRIPTION",
    roff(program.description),
    ".SH COMMANDS",
    ...commands.flatMap(section),
    ".SH EXIT STATUS",
    roff(
      "0 for success; 2 if there is no result: invalid arguments, an unusable file, a missing privilege. Others are given above.",
    ),
    ".SH ENVIRONMENT",
    ".TP\n.B NO_COLOR",
    "If set, tables have no color.",
    ".SH SEE ALSO",
    ".BR bpf (2),\n.BR bpftool (8)",
    "",
  ].join("\n");
}

function section({ path, usage, description, arguments: operands, options, examples }: CommandShape): string[] {
  return [
    `.SS ${roff(path.join(" "))}`,
    `.B ${roff(usage)}`,
    ...description.split("\n").flatMap((line) => [".PP", roff(line)]),
    ...operands.flatMap(({ name, description }) => item(`<${name}>`, description)),
    ...options.flatMap(({ flags, description }) => item(flags, description)),
    ".PP\nExamples:\n.PP\n.nf\n.RS 4",
    ...examples.map(roff),
    ".RE\n.fi",
  ];
}

function item(term: string, description: string): string[] {
  return [".TP", `.B ${roff(term)}`, roff(description)];
}

async function main(): Promise<void> {
  const target = join(PROJECT_ROOT, PAGE);
  const page = manPage(shapeOf(await wholeProgram()));
  if (!process.argv.includes("--check")) {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, page);
  } else if (readFileSync(target, "utf8") !== page) throw new Error(`${PAGE} is out of date: run npm run gen:man`);
}

main().catch((error: Error) => {
  process.stderr.write(`gen-man: ${error.message}\n`);
  process.exitCode = 1;
});
