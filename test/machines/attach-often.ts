/** Attaches and detaches a program many times, while other processes call the function that is patched for it. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { open } from "node-libbpf";

const TIMES = 60;
const CALLERS = 2;
const OPENS = `const fs = require("node:fs"); for (;;) fs.closeSync(fs.openSync("/proc/uptime"))`;

const spec = open(join(__dirname, "../bpf/kinds-trace.bpf.o"));
for (const program of Object.values(spec.programs)) program.autoload = program.name === "lsm";
using object = spec.loadSync();
const callers = Array.from({ length: CALLERS }, (): ChildProcess => spawn(process.execPath, ["-e", OPENS]));
for (let i = 0; i < TIMES; i++) object.program("lsm").attach().detach();
for (const caller of callers) caller.kill("SIGKILL");
