/** What os.getPriority() calls in Node, Bun and Deno, once: a uprobe there runs as often as a test asks for it. */
import { readFileSync } from "node:fs";

const libc = /\/\S*\/libc\.so\.6$/m.exec(readFileSync("/proc/self/maps", "utf8"))?.[0];
if (libc === undefined) throw new Error("this process has no glibc");

export const called = { path: libc, function: "getpriority", pid: process.pid } as const;
