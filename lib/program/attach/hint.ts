/** Hints for a failed attach, from libbpf's messages and the errno; and suggestions for misspelt names. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readElf } from "../../elf/elf";
import { functionNames, usdtProbes } from "../../elf/symbols";
import { MORE_FILES } from "../../errors";
import { btfFacts } from "../../kernel/btf-facts";
import { given } from "../../kernel/fact";
import { type AttachMechanism, KINDS, kindRow, type ProgramKind } from "../../kinds";
import { causeOf } from "../../native/libbpf-messages";
import { nearest } from "../../nearest";

/** Where libbpf looks for tracepoints. */
export const TRACEFS = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

interface Row {
  /** The ways to attach that the hint is for; any if absent. */
  attach?: readonly AttachMechanism[];
  errno: RegExp;
  hint: string;
}

const FUNCTIONS: readonly AttachMechanism[] = ["kprobe", "kretprobe", "kprobe_multi", "ksyscall"];
const FILES: readonly AttachMechanism[] = ["uprobe", "uretprobe", "uprobe_multi", "usdt"];

/** Hints by errno. The first matching row is used. */
export const ERRNOS: readonly Row[] = [
  {
    attach: ["xdp"],
    errno: /^(EBUSY|EEXIST)$/,
    hint: "The interface already has a program, or one of another kind: detach it",
  },
  {
    attach: ["xdp"],
    errno: /^EINVAL$/,
    hint: "The interface's driver may not support the program: its MTU, features or queues",
  },
  {
    errno: /^EADDRNOTAVAIL$/,
    hint: "The kernel can't probe there: the function may be in a section without probes, or its address be unknown",
  },
  { errno: /^EILSEQ$/, hint: "The offset is inside an instruction: probe at the start of one" },
  {
    attach: ["kprobe_multi"],
    errno: /^(EINVAL|EOPNOTSUPP)$/,
    hint: `Before Linux ${KINDS["kprobe.multi"].since} (sessions: ${KINDS["kprobe.session"].since}), or without CONFIG_FPROBE, the kernel can't attach such programs; or the function can't be probed`,
  },
  {
    attach: FUNCTIONS,
    errno: /^EINVAL$/,
    hint: "The function may not allow probes (/sys/kernel/debug/kprobes/blacklist), or the offset be outside it",
  },
  {
    attach: FILES,
    errno: /^EINVAL$/,
    hint: "The offset may be outside the file's code, or the file be of a kind that does not allow uprobes",
  },
  { attach: FILES, errno: /^ESRCH$/, hint: "There is no such process" },
  {
    attach: ["iter"],
    errno: /^EACCES$/,
    hint: "The map's keys or values are smaller than what the program reads from them",
  },
  {
    attach: ["iter"],
    errno: /^EBADF$/,
    hint: "Pass what it iterates over: attach({ map }), attach({ cgroup }), a directory of cgroup v2, or attach({ pidfd }), from pidfd_open(2)",
  },
  {
    attach: ["iter"],
    errno: /^(EOPNOTSUPP|E2BIG)$/,
    hint: "Before Linux 6.1 task iterators walk all tasks: attach without pid and tid, and filter in the program",
  },
  {
    attach: ["cgroup", "lsm_cgroup"],
    errno: /^EBADF$/,
    hint: "It is no directory of cgroup v2: name one below its mount, /sys/fs/cgroup (mount -t cgroup2 none /sys/fs/cgroup)",
  },
  {
    attach: ["cgroup"],
    errno: /^EINVAL$/,
    // The kernel's answer to an anchor that is not there, too (kernel/bpf/cgroup.c: get_anchor_prog()).
    hint: "The program is of another attach type (pass attach({ attachType })), the cgroup's programs have other flags, or the program or link of the option before or after is not attached there",
  },
  {
    attach: ["tcx", "netkit", "cgroup"],
    errno: /^ENOENT$/,
    hint: "The program or link of the option before or after is not attached there",
  },
  {
    attach: ["tcx", "netkit", "cgroup"],
    errno: /^ESTALE$/,
    hint: "The attach point has changed since that revision: read its programs again",
  },
  { attach: ["tcx", "netkit", "cgroup"], errno: /^ERANGE$/, hint: "The attach point has its maximum of 64 programs" },
  { attach: ["tcx", "netkit"], errno: /^EEXIST$/, hint: "The program is attached there already" },
  {
    attach: ["netkit"],
    errno: /^(EINVAL|EOPNOTSUPP|EACCES|ENXIO)$/,
    hint: "The interface is not the primary one of a netkit pair: ip link add A type netkit peer name B",
  },
  {
    attach: ["tc"],
    errno: /^(EOPNOTSUPP|EINVAL|ENOENT)$/,
    hint: "The kernel needs CONFIG_NET_CLS_BPF, CONFIG_NET_CLS_ACT and CONFIG_NET_SCH_INGRESS; or the handle and priority are taken",
  },
  {
    attach: ["tc"],
    errno: /^EEXIST$/,
    hint: "The interface has a filter with this handle and priority already: choose others, or none",
  },
  {
    attach: ["netns"],
    errno: /^(EEXIST|E2BIG)$/,
    hint: "The network namespace has such a program already: update its link",
  },
  {
    attach: ["netns"],
    errno: /^(EINVAL|EBADF)$/,
    hint: "It is no network namespace: name one in /run/netns or /proc/PID/ns/net",
  },
  {
    attach: ["sockmap"],
    errno: /^(EINVAL|EOPNOTSUPP)$/,
    hint: 'The map is no SOCKMAP or SOCKHASH, or the section names no attach type: SEC("sk_skb/stream_verdict")',
  },
  { attach: ["netfilter"], errno: /^EBUSY$/, hint: "A program with this priority is attached there already" },
  {
    attach: ["netfilter"],
    errno: /^(EINVAL|ERANGE|EAFNOSUPPORT)$/,
    hint: "The priority must not be the least or the greatest number, and above -400 with defragment",
  },
  {
    attach: ["socket", "reuseport"],
    errno: /^(EBADF|ENOTSOCK|EINVAL)$/,
    hint: "It is no open socket; for sk_reuseport it must be of a group with SO_REUSEPORT",
  },
  {
    attach: ["perf_event"],
    errno: /^(ENOENT|EOPNOTSUPP|EINVAL|ENODEV)$/,
    hint: "This machine has no such event or CPU; virtual machines often have only software events, such as cpu_clock",
  },
  { attach: ["perf_event"], errno: /^ESRCH$/, hint: "There is no such process" },
  {
    attach: ["freplace"],
    errno: /^(EINVAL|ENOENT|ESRCH)$/,
    hint: "The function must be a global one of the program, with the same parameters as the one it was loaded for",
  },
  { errno: /^(EOPNOTSUPP|ENOTSUPP)$/, hint: "This kernel, or its configuration, lacks this kind of attachment" },
  { errno: /^EBUSY$/, hint: "The attach point is in use, or too many programs are attached to it" },
  { errno: /^E2BIG$/, hint: "Too many programs are attached there" },
  { errno: /^(EMFILE|ENFILE)$/, hint: MORE_FILES },
  { errno: /^(ENOMEM|ENOSPC)$/, hint: "There is not enough memory" },
  { errno: /^EINTR$/, hint: "A signal interrupted it: attach it again" },
];

const ABSENT = /^(ENOENT|ESRCH)$/;

/** The hint for an errno, without a look at the target. */
export function errnoRow(kind: ProgramKind, errno: string): Row | undefined {
  const { attach = "other" } = kindRow(kind) ?? {};
  return ERRNOS.find((row) => row.errno.test(errno) && (row.attach?.includes(attach) ?? true));
}

/**
 * The hint for a failed attach.
 *
 * @param texts libbpf's warnings
 */
export function attachHint(
  kind: ProgramKind,
  target: string,
  errno: string,
  texts: readonly string[],
): string | undefined {
  if (kind === "tracepoint" && errno === "ENOENT" && !TRACEFS.some((path) => existsSync(join(path, "events"))))
    return "tracefs can't be read: mount -t tracefs tracefs /sys/kernel/tracing (lockdown=confidentiality forbids it)";
  const near = ABSENT.test(errno) ? meant(kind, target, texts) : undefined;
  if (near !== undefined) return `The attach target does not exist here: check its name. Did you mean ${near}?`;
  const said = causeOf(texts)?.hint;
  if (said !== undefined) return said;
  const row = errnoRow(kind, errno);
  if (row !== undefined) return row.hint;
  return ABSENT.test(errno) ? "The attach target does not exist here: check its name" : undefined;
}

/** The most similar existing target, where the targets can be listed. */
function meant(kind: ProgramKind, target: string, texts: readonly string[]): string | undefined {
  const wanted = target.replace(/\+.*/, "");
  const [category = "", name = ""] = wanted.split("/");
  const { attach = "other" } = kindRow(kind) ?? {};
  if (FUNCTIONS.includes(attach)) return nearest(wanted, given(btfFacts().functions()) ?? []);
  if (attach === "raw_tracepoint") return nearest(wanted, given(btfFacts().tracepoints()) ?? []);
  if (attach === "tracepoint") return tracepoints(category, name) ?? tracepoints("", category, `/${name}`);
  if (attach === "usdt") return usdtProbe(target);
  for (const text of texts) {
    const [, symbol, path] = /^elf: failed to find symbol '(.+)' in '(.+)'/.exec(text) ?? [];
    if (symbol !== undefined && path !== undefined) return nearest(symbol, inFile(path, functionNames));
  }
  return undefined;
}

/** The most similar tracepoint in a category, or in all if the category is unknown. */
function tracepoints(category: string, name: string, rest = ""): string | undefined {
  const folder = TRACEFS.map((path) => join(path, "events", category)).find((path) => existsSync(path));
  const close = folder === undefined ? undefined : nearest(name, namesIn(folder));
  return close && `${category && `${category}/`}${close}${rest}`;
}

/** A hint must not take the place of its error. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The most similar probe for "path:provider:name". */
function usdtProbe(target: string): string | undefined {
  const [, path, wanted] = /^(.+?):([^:]+:[^:]+)$/.exec(target) ?? [];
  if (path === undefined || wanted === undefined) return undefined;
  const files = path.includes("/") ? [path] : searched().map((folder) => join(folder, path));
  const close = nearest(wanted, inFile(files.find((file) => existsSync(file)) ?? path, usdtProbes));
  return close && `${path}:${close}`;
}

/** Folders where libbpf looks for a file without folder (resolve_full_path()). */
function searched(): string[] {
  const { LD_LIBRARY_PATH = "", PATH = "" } = process.env;
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const folders = [
    ...LD_LIBRARY_PATH.split(":"),
    "/usr/lib64",
    "/usr/lib",
    `/lib/${machine}-linux-gnu`,
    ...PATH.split(":"),
  ];
  return folders.filter((folder) => folder !== "");
}

/** Maximum file size: reading the symbols of a larger file takes seconds. */
const LARGEST = 32 << 20;

/** Reads a file for a hint. Empty if it can't be read. */
function inFile(path: string, read: (sections: ReturnType<typeof readElf>) => string[]): string[] {
  try {
    return statSync(path).size > LARGEST ? [] : read(readElf(readFileSync(path), path, "any"));
  } catch {
    return [];
  }
}
