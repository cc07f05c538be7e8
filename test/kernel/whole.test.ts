/** Whole programs, test/bpf/whole-*.bpf.c: the precheck's verdict on each matches the kernel's answer. */
import { askWhole, type Whole, wholeObjects } from "../truth/whole";
import { bundled, kernelTest, vmKernel } from "./needs";

/** A kernel whose data is in the tables. */
const inMatrix = vmKernel !== undefined && process.env.NODE_LIBBPF_UNSEEN === undefined;
/** The least number of programs on such a kernel, and per hundred the most unknown ones. */
const ASKED = 200;
const PERCENT = 5;

const RIGHT: Readonly<Record<Whole["verdict"], readonly Whole["fate"][]>> = {
  allowed: ["loaded", "attached", "no answer"],
  unsafe: ["loaded", "attached", "no answer"],
  refused: ["refused", "no answer"],
  unknown: ["loaded", "attached", "refused", "no answer"],
};

kernelTest(
  "the verdicts on whole programs match the kernel",
  [bundled],
  async () => {
    const all: Whole[] = [];
    const options = { attach: vmKernel !== undefined, all: process.env.NODE_LIBBPF_WHOLE === "all" };
    for (const object of wholeObjects()) all.push(...(await askWhole(object, options)));
    const line = ({ object, program, verdict, message, fate, said }: Whole) =>
      `${object} ${program}: ${verdict} ${message}; was ${fate} ${said}`;
    expect(all.filter(({ verdict, fate }) => !RIGHT[verdict].includes(fate)).map(line)).toEqual([]);
    if (!inMatrix) return;
    const unknown = all.filter(({ verdict }) => verdict === "unknown");
    if (unknown.length > (all.length * PERCENT) / 100) expect(unknown.map(line)).toEqual([]);
    // Without this, a test without answers would pass too.
    expect(all.filter(({ fate }) => fate !== "no answer").length).toBeGreaterThan(ASKED);
  },
  600_000,
);
