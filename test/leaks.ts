/** Fails a test file that leaves BPF descriptors or pins behind. */
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { PINS } from "./kernel/needs";

/** Descriptors that only this library opens: maps, programs, links, iterators, perf events. */
function bpfDescriptors(): string[] {
  return descriptors(/bpf|perf_event|btf/);
}

/** Epoll instances of Node.js, and the one of this library, which exists after the first wait. */
function eventPolls(): number {
  return descriptors(/eventpoll/).length;
}

function descriptors(pattern: RegExp): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return pattern.test(target) ? [target] : [];
    } catch {
      return []; // the descriptor of the listing itself
    }
  });
}

/**
 * Checks the tests of a file, or of a `describe`. `tests` defines them: jest calls each afterAll() in the order of their
 * definitions, and theirs must come first.
 */
export function leaveNothing(tests: () => void = () => {}): void {
  let before: string[];
  let pollsBefore: number;
  beforeAll(() => {
    before = bpfDescriptors();
    pollsBefore = eventPolls();
  });
  tests();
  afterAll(() => {
    expect(bpfDescriptors().sort()).toEqual(before.sort());
    expect(eventPolls() - pollsBefore).toBeLessThanOrEqual(1);
    expect(existsSync(PINS) ? readdirSync(PINS) : []).toEqual([]);
  });
}
