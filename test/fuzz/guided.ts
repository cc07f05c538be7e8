/**
 * Fuzzing that is guided by coverage: inputs that ran new code of the library are kept, and changed further. Runs in one
 * process, many thousand inputs a second; scripts/fuzz.ts starts it, and sees it crash or hang.
 */
import { Coverage } from "./coverage";
import { Random } from "./random";

export interface Target {
  /** Inputs to begin with. */
  seeds: () => Uint8Array[];
  /** Words that inputs consist of, if they are text. */
  words?: readonly string[];
  /** Reads an input. Throws if the library does what it must not. */
  run: (input: Uint8Array) => void;
  /** The most bytes of an input. */
  most?: number;
  /** Inputs between two looks at the coverage, for a target that takes milliseconds itself. */
  batch?: number;
}

export interface Progress {
  executions: number;
  /** Characters of the library's code that ran. */
  code: number;
  kept: number;
}

/** Inputs between two looks at the coverage, which takes milliseconds. */
const BATCH = 1024;
/**
 * Of so many batches one is looked at: V8 optimizes no code while it counts, which makes readers ten times as slow. The
 * first ones are all looked at.
 */
const [LOOK, FIRST] = [32, 8];
/** The size of the inputs that are kept at most, in bytes. */
const CORPUS = 4 << 20;

/**
 * Runs a target on `count` inputs.
 *
 * @param before is given the inputs that run next: if the process ends, one of them ended it
 * @param found is given an input and what it did wrong
 * @returns the inputs that ran new code
 */
export function fuzzGuided(
  target: Target,
  { seed, count, corpus }: { seed: number; count: number; corpus: readonly Uint8Array[] },
  before: (inputs: readonly Uint8Array[]) => void,
  found: (input: Uint8Array, what: string) => void,
  progress: (progress: Progress) => void,
): Uint8Array[] {
  const coverage = new Coverage();
  const random = new Random(seed, 0);
  const { batch = BATCH } = target;
  const seeds = [...target.seeds(), ...corpus];
  const pool: Uint8Array[] = [...seeds];
  const kept: Uint8Array[] = [];
  let size = pool.reduce((sum, { length }) => sum + length, 0);
  const run = (inputs: readonly Uint8Array[]) => {
    for (const input of inputs) {
      try {
        target.run(input);
      } catch (error) {
        found(input, String((error as Error).stack ?? error));
      }
    }
  };
  before(seeds);
  run(seeds);
  coverage.grown();
  for (let executions = seeds.length, round = 0; executions < count; executions += batch, round++) {
    const inputs = Array.from({ length: batch }, () => changed(random, pool, target));
    before(inputs);
    const looks = round < FIRST || round % LOOK === 0 || target.batch !== undefined;
    if (looks && round >= FIRST && target.batch === undefined) coverage.start();
    run(inputs);
    if (looks && coverage.grown({ keep: false })) {
      // Which of them: each again, by itself.
      for (const input of inputs) {
        run([input]);
        if (!coverage.grown()) continue;
        kept.push(input);
        if (size < CORPUS) size += pool.push(input) && input.length;
      }
    }
    if (looks && round >= FIRST - 1 && target.batch === undefined) coverage.stop();
    progress({ executions: executions + batch, code: coverage.size, kept: kept.length });
  }
  return kept;
}

const INTERESTING = [0, 1, 2, 4, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff];

/** An input with up to eight changes. */
function changed(random: Random, pool: readonly Uint8Array[], { words = [], most = 1 << 16 }: Target): Uint8Array {
  let bytes = Uint8Array.from(random.one(pool));
  for (let changes = 1 + random.below(random.one([1, 2, 8])); changes > 0; changes--) {
    const at = random.below(bytes.length + 1);
    const length = 1 + random.below(random.one([4, 32, 256]));
    const other = random.one(pool);
    const from = random.below(other.length + 1);
    switch (random.below(words.length > 0 ? 8 : 6)) {
      case 0:
        if (bytes.length > 0) bytes[at % bytes.length] = random.below(256);
        break;
      case 1:
        if (bytes.length > 0) (bytes[at % bytes.length] as number) ^= 1 << random.below(8);
        break;
      case 2: {
        const width = random.one([1, 2, 4]);
        if (at + width <= bytes.length)
          Buffer.from(bytes.buffer).writeUIntLE(random.one(INTERESTING) % 256 ** width, at, width);
        break;
      }
      case 3:
        bytes = spliced(bytes, at, length, new Uint8Array());
        break;
      case 4:
        bytes = spliced(bytes, at, random.below(length), other.subarray(from, from + length));
        break;
      case 5:
        bytes = spliced(bytes, at, 0, bytes.subarray(from, from + length));
        break;
      default:
        bytes = spliced(bytes, at, random.below(3), Buffer.from(random.one(words)));
    }
  }
  return bytes.subarray(0, most);
}

function spliced(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array<ArrayBuffer> {
  const rest = bytes.subarray(Math.min(bytes.length, at + remove));
  const result = new Uint8Array(at + insert.length + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(insert, at);
  result.set(rest, at + insert.length);
  return result;
}
