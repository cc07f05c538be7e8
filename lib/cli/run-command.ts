/** node-libbpf run: loads and attaches an object, and prints its records until it is interrupted. */
import { once } from "node:events";
import { type Command, Option } from "commander";
import { ArgumentError } from "../errors";
import type { LoadOptions } from "../index";
import { type Left, Session, type SessionOptions } from "../run/session";
import { addExamples } from "./examples";
import { event } from "./gen-command";
import { document, printable } from "./table";
import { list, env as pair, positive } from "./vm-command";

interface Options {
  set?: [string, string][];
  event?: Record<string, string>;
  programs?: string[];
  precheck?: LoadOptions["precheck"];
  allowUnsafe?: true;
  count?: number;
  duration?: number;
  dump?: true;
  pin?: string;
  json?: true;
}

export function addRun(program: Command): void {
  const command = program
    .command("run")
    .summary("load and attach an object, and print its records until interrupted")
    .description(
      "Loads an object, attaches every program whose section says where, and prints the records of its ring and perf\n" +
        "buffers, each as a line, until SIGINT or SIGTERM. Then everything is detached.\n" +
        "With --pin it stays attached when the command ends: see unpin.",
    )
    .argument("<object>", "an object file from clang -target bpf")
    .addOption(settingVariables())
    .option("--event <map=type>", "record type of a ring or perf buffer, such as events='struct exec_event'", event)
    .option("--programs <names>", "load only these, comma-separated; repeatable", list)
    .addOption(
      new Option("--precheck <mode>", "how programs are judged before they are loaded (default: auto)").choices([
        "auto",
        "tables",
        "probe",
        "off",
      ]),
    )
    .option("--allow-unsafe", "load programs too that this kernel accepts although it must not")
    .option("--count <n>", "end after this many records", positive)
    .option("--duration <seconds>", "end after this time", positive)
    .option("--dump", "at the end print the elements of all maps, and the global variables")
    .option("--pin <folder>", "pin everything below a folder of bpffs, and end")
    .option("--json", "print a JSON document for each line")
    .action((path: string, options: Options) => run(path, options));
  addExamples(
    command,
    "sudo node-libbpf run watch.bpf.o --json",
    "sudo node-libbpf run watch.bpf.o --set min_size=4096 --duration 10 --dump",
    "sudo node-libbpf run guard.bpf.o --pin /sys/fs/bpf/guard",
  );
}

/** The option --set. */
export function settingVariables(): Option {
  const option = new Option(
    "--set <name=value>",
    "value of a global variable: JSON, or a plain number or string; repeatable",
  );
  return option.argParser(pair);
}

async function run(path: string, options: Options): Promise<void> {
  const { pin } = options;
  if (pin === undefined) await watch(path, options);
  else {
    await using session = await Session.start(path, settings(options));
    tell(session);
    const pins = session.pin(pin);
    process.stdout.write(options.json ? document({ pins }) : pins.map((path) => `${printable(path)}\n`).join(""));
  }
}

async function watch(path: string, options: Options): Promise<void> {
  const { count = Number.POSITIVE_INFINITY, duration, dump, json: asJson } = options;
  // From the start: what is attached without a link would stay if a signal ended the process.
  const stop = stopper();
  const write = asJson ? jsonLine : textLine;
  let left = count;
  await using session = await Session.start(path, settings(options), {
    onRecords(map, records) {
      const shown = records.slice(0, left);
      left -= shown.length;
      process.stdout.write(shown.map((record) => write({ map, record })).join(""));
      if (left <= 0) stop.abort();
    },
    onLost: (map, lost) => warn(`${map}: ${lost} records were lost`),
    onError: (_, error) => warn(error.message),
  });
  if (session.attached.length === 0) {
    throw new ArgumentError(`nothing of ${path} can be attached: ${Object.values(session.skipped).join("; ")}`, {
      operation: "object.attach",
      hint: "Attach it with the library, or pin it with --pin",
    });
  }
  tell(session);
  await stopped(stop, duration);
  session.finish();
  if (dump) for (const line of session.left()) process.stdout.write(write(line));
}

function settings({ set, event, programs, precheck, allowUnsafe }: Options): SessionOptions {
  return {
    ...(set !== undefined && { variables: set }),
    ...(event !== undefined && { events: event }),
    ...(programs !== undefined && { programs }),
    ...(precheck !== undefined && { precheck }),
    ...(allowUnsafe !== undefined && { allowUnsafe }),
  };
}

/** Standard output is for records. */
function warn(text: string): void {
  process.stderr.write(`node-libbpf: ${printable(text)}\n`);
}

function tell({ attached, skipped }: Session): void {
  for (const [name, why] of Object.entries(skipped)) warn(`${name} is not attached: ${why}`);
  if (attached.length > 0) warn(`attached ${attached.join(", ")}`);
}

/** What ends the run: a signal, or standard output that has no reader any more. */
function stopper(): AbortController {
  const stop = new AbortController();
  const now = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, now);
  process.stdout.once("error", now);
  return stop;
}

async function stopped(stop: AbortController, seconds: number | undefined): Promise<void> {
  if (stop.signal.aborted) return;
  // Without a ring nothing else keeps the process alive.
  const alive = setInterval(() => {}, 2 ** 30);
  const timer = seconds === undefined ? undefined : setTimeout(() => stop.abort(), seconds * 1000);
  await once(stop.signal, "abort");
  clearInterval(alive);
  clearTimeout(timer);
}

type Line = Left | { readonly map: string; readonly record: string };

/** All values are JSON already. */
function jsonLine(line: Line): string {
  if ("record" in line) return `{"version":1,"map":${JSON.stringify(line.map)},"record":${line.record}}\n`;
  if ("variable" in line) {
    return `{"version":1,"variable":${JSON.stringify(line.variable)},"value":${line.value}}\n`;
  }
  return `{"version":1,"map":${JSON.stringify(line.map)},"key":${line.key},"value":${line.value}}\n`;
}

function textLine(line: Line): string {
  if ("record" in line) return `${printable(line.map)} ${line.record}\n`;
  if ("variable" in line) return `${printable(line.variable)} = ${line.value}\n`;
  return `${printable(line.map)}[${line.key}] = ${line.value}\n`;
}
