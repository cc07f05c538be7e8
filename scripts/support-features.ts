/** The features in docs/kernels.md, each with the test that proves it: its file in test/kernel/, and its name. */
export interface Feature {
  what: string;
  file: string;
  test: string;
}

const feature = (what: string, file: string, test: string): Feature => ({ what, file: `${file}.test.ts`, test });

export const FEATURES: readonly Feature[] = [
  feature("sleepable lsm programs", "lsm", "lsm.s/bprm_committed_creds loads, attaches, fires and reads user memory"),
  feature("sleepable lsm programs that deny", "lsm", "a sleepable program denies an exec"),
  feature("fentry", "tracing", "a plain fentry program runs"),
  feature("fentry.s on system calls", "tracing", "fentry.s runs on a system call"),
  feature("fexit.s on system calls", "tracing", "fexit.s sees a system call's result"),
  feature("fmod_ret.s on system calls", "tracing", "fmod_ret.s replaces a system call's result"),
  feature("iterators", "iter", "iter/task lists this process, and again at a second read"),
  feature("iter.s/task", "iter", "iter.s/task lists this process"),
  feature("iterators over one process", "iter", "iter/task of one process"),
  feature("uprobe", "probes", "uprobe"),
  feature("uprobe.s", "probes", "uprobe.s reads user memory"),
  feature("kprobe", "probes", "kprobe"),
  feature("tracepoint", "probes", "tracepoint"),
  feature("tp.s", "probes", "tracepoint, sleepable"),
  feature("raw_tp", "probes", "raw_tp"),
  feature("raw_tp.s", "probes", "raw_tp, sleepable"),
  feature("tp_btf", "probes", "tp_btf"),
  feature("tp_btf.s", "probes", "tp_btf, sleepable"),
  feature("cookies of probes", "probes", "a cookie reaches the program"),
  feature("syscall programs", "syscall", "a syscall program runs, sleeps and writes its context back"),
  feature("test runs on given data", "syscall", "an XDP program runs on given data"),
  feature("pinned links", "lifetime", "a link is pinned, survives its object, and is opened from the pin"),
  feature("pinned maps", "lifetime", "a pinned map is reused by the next object"),
  feature("map.take()", "maps", "hash: take returns and removes in one step"),
  feature("mapped arrays", "map-making", "mapped memory: numbers, structs, and the effect of closing"),
  feature("ring buffers", "ring-buffer", "records arrive in order, complete, in batches"),
  feature("perf buffers", "perf-buffer", "records arrive complete, of one CPU at a time, each CPU's in order"),
  feature("user ring buffers", "user-ring-buffer", "a program drains what was submitted, in order"),
  feature("the trace pipe", "trace-pipe", "a program's lines are read, and a signal ends it"),
  feature("BTF of modules", "btf", "the BTF of its modules extends it"),
];
