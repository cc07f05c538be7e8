/** Set-up of every test file: it fails if it leaves BPF file descriptors or pins behind. */
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { PINS } from "./kernel/needs";

/** Descriptors that only this library opens: maps, programs, links, iterators, perf events, event polls. */
function bpfDescriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return /bpf|perf_event|btf|eventpoll/.test(target) ? [target] : [];
    } catch {
      return []; // the descriptor of the listing itself
    }
  });
}

let before: string[];
beforeAll(() => {
  before = bpfDescriptors();
});

afterAll(() => {
  expect(bpfDescriptors().sort()).toEqual(before.sort());
  expect(existsSync(PINS) ? readdirSync(PINS) : []).toEqual([]);
});
