/** docs/lifetime.md is the model of lifetimes: each of its sentences names the test that proves it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), "utf8");

/** The sentences of a page's text, its cells of tables included, without Markdown's marks. */
function sentencesOf(page: string): string[] {
  const text = page
    .replace(/^```.*?^```$/gms, "\n\n")
    .replace(/^#.*$/gm, "")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "");
  return text
    .split(/\n\s*\n|^- /m)
    .flatMap((block) =>
      block.trim().startsWith("|") ? cellsOf(block) : block.replaceAll(/\s+/g, " ").split(/(?<=\.) /),
    )
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}

/** "row / column: cell" */
function cellsOf(table: string): string[] {
  const [head = [], , ...rows] = table
    .trim()
    .split("\n")
    .map((line) => line.split("|").slice(1, -1));
  return rows.flatMap(([row = "", ...cells]) =>
    cells.flatMap((cell, i) => (cell.trim() === "" ? [] : [`${row.trim()} / ${head[i + 1]?.trim()}: ${cell.trim()}`])),
  );
}

/** The tests of sentences, by their files in test/kernel/ and their names. */
const PROOFS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "lifetime-ends": {
    "what is closed lives on while something refers to it": [
      "Loaded programs, maps and links live as long as something refers to them: a descriptor of this process, a link, a pin.",
    ],
    "using closes at the end of the block, also after an exception": [
      "using and await using close at the end of the block, also after an exception.",
      "They call close() in a finally.",
    ],
    "maps without an object stay open when an object is closed": [
      "Maps of createMap() and openMap() belong to no object: close each with its own close().",
    ],
    "garbage collection closes objects and maps, and detaches no link": [
      "object, its maps and programs / unreachable, and garbage-collected: closed, except its links",
      "map of createMap(), openMap() / unreachable, and garbage-collected: closed",
      "link / unreachable, and garbage-collected: stays attached; Node warns with WARN_BPF_LINK_DROPPED",
      "The garbage collector never detaches a link: a policy must not end because no variable refers to its link.",
    ],
    "a process that ends leaves nothing, whatever ends it": [
      "object, its maps and programs / the process ends, for any reason: freed",
      "stream of link.read() / the process ends, for any reason: freed",
      "A process that is killed, even by SIGKILL, leaves only pins behind: the kernel closes its descriptors and detaches the programs whose last link that was.",
      "A process that ends by itself, by process.exit() or by an exception, leaves only pins behind too.",
    ],
    "a process that ends during a load leaves nothing, and does not hang": ["It may end while it loads."],
    "pins outlive a process that is killed": [
      "map of createMap(), openMap() / the process ends, for any reason: freed, unless pinned",
      "link / the process ends, for any reason: detached, unless pinned",
      "pin / the process ends, for any reason: stays until it is unpinned or the machine restarts",
      "A pinned link keeps its program attached after the process ends: the policy is enforced while a service restarts, and the next process opens the pin.",
      "Pinned maps keep their content: Pins, ids and reuse.",
    ],
    "a worker that is terminated during loads leaves nothing": ["It may be terminated while it loads or reads."],
    "a worker that is terminated while it reads leaves nothing": [
      "When a worker ends or is terminated, the library closes what the worker had open and detaches its programs.",
    ],
    "a handle is of one thread, nothing can be transferred, and ids are shared": [
      "Each worker thread loads the library for itself and owns what it creates: handles are not valid in another thread, and nothing can be transferred.",
      "Threads share the kernel's objects by pins, or by ids: openMapById(map.id) in the other thread.",
    ],
    "while libuv's threads are all busy a load waits, and rings and streams go on": [
      "Loads use the threads that Node reads files with, and wait while all are busy.",
    ],
    "a child process gets no descriptor": ["Descriptors are close-on-exec: a child process gets none."],
  },
  syscall: {
    "a pending test run ends before the object is disposed": ["await using object first waits for pending test runs."],
    "an aborted run does not keep the process alive": ["Rings, streams and test runs do not."],
  },
  "ring-buffer": {
    "waiting wakes up for a record, and ends when the object is closed": [
      "A for await over a ring ends when the object is closed.",
    ],
    "a signal ends an iteration, and a handler": [
      "To end such a loop from elsewhere, close the object or use an AbortSignal.",
    ],
    "only a reader without unref() keeps the process alive": [
      "Reading a ring keeps the process alive; after ring.unref() it does not.",
    ],
  },
  iter: {
    "a stream continues when its link is closed, and fails when its object is closed": [
      "A stream of link.read() continues after its link is closed.",
      "If its object is closed, the stream fails with Node's error for a premature end, ERR_STREAM_PREMATURE_CLOSE.",
    ],
    "streams that have no reader, or no reader any more, are garbage-collected": [
      "stream of link.read() / unreachable, and garbage-collected: closed",
    ],
  },
  pins: {
    "nothing is pinned or reused where another user could replace it": [
      "So pin(), and load() with a pinPath, refuse a path if one of its directories belongs to another user, or is writable by others and has no sticky bit.",
      "load() also refuses a pin that another user created.",
    ],
    "errors of pin() name the fault of the path, and pin() creates missing directories": [
      "Missing directories are created with mode 700.",
    ],
    "link.detach(), link.unpin() and map.unpin() leave a file that replaced their pin": [
      "unpin() and detach() remove a pin only while it is their own: they leave one that replaced it.",
    ],
  },
};

/** Advice, reasons and terms: there is nothing of this library's to test. */
const REST = [
  "JavaScript has them since Node 24; TypeScript compiles them for Node 20 and 22.",
  "Keep the link, and close it when the program is to stop.",
  "So SIGTERM needs a handler only for your own work: end loops, report lost events.",
  "A pin is a name in bpffs, /sys/fs/bpf.",
  "A user who can rename or remove a pin can end the policy it enforces, and a user who can create one can make you reuse their map.",
  "Mount bpffs for its owner alone, as systemd does: mount -t bpf -o mode=700 bpf /sys/fs/bpf; by default every user may create files in it.",
];

test("each sentence has a test", () => {
  const proved = Object.values(PROOFS).flatMap((tests) => Object.values(tests).flat());
  expect([...proved, ...REST].sort()).toEqual(sentencesOf(read("docs/lifetime.md")).sort());
});

test.each(Object.entries(PROOFS))("the tests of %s exist", (file, tests) => {
  const names = Array.from(
    read(`test/kernel/${file}.test.ts`).matchAll(/kernelTest\(\s*"([^"]*)"/g),
    ([, name]) => name,
  );
  expect(names).toEqual(expect.arrayContaining(Object.keys(tests)));
});
