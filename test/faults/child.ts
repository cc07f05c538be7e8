/**
 * Makes each call of the library fail once, with every errno, in complete acts: an act that fails throws a BpfError
 * with that errno, and nothing leaks. Runs with inject.c preloaded; prints a line for each step, for a parent that
 * detects hangs.
 *   child.js ACT [KIND ERRNO N]      continues from there
 *   child.js ACT KIND ERRNO N cold   only that call, in a process that has not probed the kernel yet
 * With NODE_LIBBPF_INJECT_IN_TURN each call fails with one of the errnos, in turn.
 */
import { openSync, readdirSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type BpfError, libbpf } from "node-libbpf";
import { acts, coldActs } from "./acts";

export const ERRNOS = ["EMFILE", "ENOMEM", "EPERM", "EINTR", "EAGAIN", "EBUSY", "E2BIG"] as const;
export const KINDS = ["bpf", "perf_event_open", "mmap", "epoll", "open", "read", "socket", "ioctl", "malloc"] as const;
/** What an act may do wrong after a call failed; that the process ends or hangs is seen from outside. */
export type Wrong = "leak" | "no BpfError" | "another errno" | "not caught";

const errnosOf = (kind: string): readonly (typeof ERRNOS)[number][] => (kind === "malloc" ? ["ENOMEM"] : ERRNOS);

/** The library creates its poller, an eventpoll, once. */
const WATCHED = process.argv.includes("cold")
  ? /^anon_inode:.*(bpf|perf_event|btf)/
  : /^anon_inode:.*(bpf|perf_event|btf|eventpoll)/;

function control(words: string): void {
  try {
    openSync(`/node-libbpf-inject/${words}`, "r");
  } catch {
    // The file does not exist.
  }
}

/** Resources that an act must not leak: descriptors, and mappings of maps and rings. */
function held(): string {
  const descriptors = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return WATCHED.test(target) ? [target] : [];
    } catch {
      return [];
    }
  });
  const mappings = readFileSync("/proc/self/maps", "utf8").split("\n");
  return [...descriptors, ...mappings.flatMap((line) => /bpf-map|perf_event/.exec(line) ?? [])].sort().join(" ");
}

/** Waits for the garbage collector and threads to release resources. */
async function settled(wanted: string): Promise<void> {
  for (let tries = 0; held() !== wanted && tries < 50; tries++) {
    globalThis.gc?.();
    await sleep(10);
  }
}

/** Whether an error has this errno, itself or as its cause. */
function tells(error: unknown, errno: string): boolean {
  for (
    let cause = error as { errno?: unknown; code?: unknown; message?: string; cause?: unknown } | undefined;
    cause;
  ) {
    if (cause.errno === errno || cause.code === errno || cause.message?.includes(errno)) return true;
    cause = cause.cause as typeof cause;
  }
  return false;
}

async function main(): Promise<void> {
  const inTurn = process.env.NODE_LIBBPF_INJECT_IN_TURN !== undefined;
  const [, , name = "", kind = KINDS[0], errno = inTurn ? "turn" : ERRNOS[0], from = "0", cold] = process.argv;
  const act = acts[name] ?? coldActs[name];
  const report = process.env.NODE_LIBBPF_INJECT_REPORT;
  if (act === undefined || report === undefined) throw new Error(`no act ${name}, or no report`);
  const fired = () => readFileSync(report, "utf8").split("\n").length;
  const say = (what: string) => writeSync(1, `${what}\n`);
  const stray: unknown[] = [];
  process.on("uncaughtException", (error) => stray.push(error));
  // Calls are counted only after the addon is loaded and, except in cold runs, everything is loaded and probed.
  void libbpf.version;
  for (let round = 0; round < 2 && cold === undefined; round++) await act();
  await settled("");
  const before = held();
  const all = KINDS.flatMap((kind) => (inTurn ? ["turn"] : errnosOf(kind)).map((errno) => ({ kind, errno })));
  const first = all.findIndex((one) => one.kind === kind && one.errno === errno);
  let start = Number(from);
  for (const { kind, errno } of all.slice(first, cold === undefined ? undefined : first + 1)) {
    for (let n = start; ; n++) {
      const errnos = errnosOf(kind);
      const each = inTurn ? (errnos[n % errnos.length] as string) : errno;
      say(`try ${name} ${kind} ${errno} ${n}`);
      const count = fired();
      const wrong = (kind: Wrong, what: string) => say(`wrong ${JSON.stringify({ kind, what })}`);
      let failure: unknown;
      control(`${kind}/${constants.errno[each as keyof typeof constants.errno]}/${n}`);
      try {
        await act();
      } catch (error) {
        failure = error;
      }
      control("none");
      if (fired() === count) {
        say("none left");
        if (failure !== undefined) wrong("no BpfError", `with nothing injected: ${(failure as Error).stack}`);
        break;
      }
      // Not instanceof: some acts use modules of lib/, whose classes are not the package's.
      if (failure === undefined) say("tolerated");
      else if (!/^ERR_BPF_/.test((failure as BpfError).code)) wrong("no BpfError", `${(failure as Error).stack}`);
      else if (!tells(failure, each)) wrong("another errno", `${(failure as Error).stack}`);
      else say("typed");
      await settled(before);
      if (held() !== before) wrong("leak", `${held()}, and before: ${before}`);
      for (const error of stray.splice(0)) wrong("not caught", `${(error as Error)?.stack ?? error}`);
      if (cold !== undefined) break;
    }
    start = 0;
  }
  say("end");
}

if (require.main === module) void main();
