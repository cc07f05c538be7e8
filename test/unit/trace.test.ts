/** Lines of the trace: the kernel's lines are parsed completely. */
import fc from "fast-check";
import { LineCutter, parseLine } from "../../lib/events/trace-line";

const latin1 = (text: string) => Buffer.from(text).toString("latin1");
const decimal = (maximum: number) => fc.integer({ min: 0, max: maximum });
/** A text without line breaks, of at most this many bytes. */
const text = (bytes: number) =>
  fc
    .string({ unit: "grapheme" })
    .filter((value) => !/\n/.test(value) && Buffer.byteLength(value) <= bytes && latin1(value).trim() !== "");

const entry = fc.record({
  task: text(15).map((name) => name.trimStart()),
  pid: decimal(4194304),
  tgid: fc.boolean(),
  cpu: decimal(4095),
  flags: fc.constantFrom("d..3", "....", "d..31", ".N.1.", "dNh2."),
  seconds: decimal(1e7),
  micros: decimal(999_999),
  message: text(200),
});

test("a line as trace_print_context() prints it", () => {
  fc.assert(
    fc.property(entry, ({ task, pid, tgid, cpu, flags, seconds, micros, message }) => {
      const id = tgid ? `(${String(pid).padStart(7)}) ` : "";
      const time = `${String(seconds).padStart(5)}.${String(micros).padStart(6, "0")}`;
      const head = `${latin1(task).padStart(16)}-${String(pid).padEnd(7)} ${id}[${String(cpu).padStart(3, "0")}] ${flags}`;
      expect(parseLine(`${head} ${time}: bpf_trace_printk: ${latin1(message)}`)).toEqual({
        task,
        pid,
        cpu,
        flags,
        timestamp: Number(time),
        event: "bpf_trace_printk",
        message,
      });
    }),
  );
});

test("lost lines are reported", () => {
  const message = "CPU:3 [LOST 1234 EVENTS]";
  expect(parseLine(message)).toEqual({ message, cpu: 3, lost: 1234 });
  expect(parseLine("CPU:0 [LOST EVENTS]")).toMatchObject({ cpu: 0, lost: Number.NaN });
});

test("a line of another format is its own message", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (line) => {
      expect(parseLine(latin1(line))).toEqual({ message: line });
    }),
  );
});

test("lines are complete, however they are read", () => {
  fc.assert(
    fc.property(fc.array(text(100)), fc.array(decimal(50)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      const cutter = new LineCutter();
      const seen: string[] = [];
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        seen.push(...cutter.push(bytes.subarray(from, from + cut)));
        from += cut;
      }
      expect(seen).toEqual(lines.map(latin1));
    }),
  );
});
