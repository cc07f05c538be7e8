/** The compiled code of the package: it is used where it is for the same source and the same Node.js, and nowhere else. */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Project } from "./project";

const project = new Project();
afterAll(() => project.remove());
const bundle = join(project.install(), "dist/bundle");
const OPENED = join(bundle, "open.js");

const command = (...args: string[]) => project.node([join(bundle, "main.js"), "code-cache", ...args]);
const folder = () => join(bundle, "code-cache", readdirSync(join(bundle, "code-cache"))[0] ?? "");

/** Prints the scripts that V8 took compiled, and those whose compiled code it refused. */
const SEEN = project.write(
  "seen.js",
  `const vm = require("node:vm"), { basename } = require("node:path"), seen = { used: [], refused: [] };
  vm.Script = class extends vm.Script {
    constructor(text, options) {
      super(text, options);
      seen[this.cachedDataRejected ? "refused" : "used"].push(basename(options.filename));
    }
  };
  process.on("exit", () => console.log(JSON.stringify(seen)));`,
);
const OPEN = `try { require("node-libbpf").open("none.o"); } catch ({ message }) { console.log(message.split(". ")[0]); }`;

/** The message of a failed open(), and what was seen of scripts. */
function run(...options: string[]): { message: string; used: string[]; refused: string[] } {
  const { stdout, stderr } = project.node([...options, "-r", SEEN, "-e", OPEN]);
  expect(stderr).toBe("");
  const [message = "", seen = ""] = stdout.split("\n");
  return { message, ...JSON.parse(seen) };
}

beforeEach(() => {
  command();
});

const MESSAGE = "none.o does not exist";
const NOTHING = { message: MESSAGE, used: [], refused: [] };

test("the command prints the folder, whose code is used", () => {
  expect(command()).toEqual({ status: 0, stdout: `${folder()}\n`, stderr: "" });
  expect(run()).toEqual({ ...NOTHING, used: ["open.js", "base.js"] });
});

test("a file whose source has changed is loaded as it is, though it is as long as before", () => {
  const source = readFileSync(OPENED, "latin1");
  writeFileSync(OPENED, source.replaceAll("does not exist", "is not present"));
  const { message, used } = run();
  writeFileSync(OPENED, source);
  expect(message).toBe("none.o is not present");
  expect(used).not.toContain("open.js");
});

test.each([
  ["is empty", (kept: string) => writeFileSync(kept, "")],
  ["is cut", (kept: string) => truncateSync(kept, 1e5)],
  ["is shorter than it says", (kept: string) => writeFileSync(kept, Buffer.from("ffffffff00000000", "hex"))],
  [
    "can't be read",
    (kept: string) => {
      rmSync(kept);
      mkdirSync(kept);
    },
  ],
])("a file is loaded as ever where what is kept of it %s", (_, damage) => {
  const kept = join(folder(), "open.js");
  damage(kept);
  const { message, used, refused } = run();
  rmSync(kept, { recursive: true });
  expect({ message, all: [...used, ...refused].includes("open.js") }).toEqual({ message: MESSAGE, all: false });
});

test("V8 with other flags refuses the code and compiles", () => {
  const { message, used, refused } = run("--no-opt");
  expect({ message, used }).toEqual({ message: MESSAGE, used: [] });
  expect(refused).toContain("open.js");
});

test("code of another Node.js, even of the same version, is not looked at", () => {
  renameSync(folder(), folder().replace(/\d+$/, "0"));
  expect(run()).toEqual(NOTHING);
  command("--remove");
});

test("code that another user has put there is not used", () => {
  chownSync(folder(), 1234, 1234);
  expect(run()).toEqual(NOTHING);
});

test("code is not used in another context than V8's own, as jest has for each test", () => {
  const { open } = require(join(bundle, "index.js"));
  expect(() => open("none.o")).toThrow(Error);
});

test("--remove removes it for every Node.js, and prints the folder", () => {
  const kept = join(bundle, "code-cache");
  expect(command("--remove")).toEqual({ status: 0, stdout: `${kept}\n`, stderr: "" });
  expect(existsSync(kept)).toBe(false);
  expect(run()).toEqual(NOTHING);
});

test("the package's owner can remove it after root has written it", () => {
  chownSync(bundle, 1234, 1234);
  const { stderr } = command();
  const paths = [join(bundle, "code-cache"), folder(), join(folder(), "open.js")];
  const owners = paths.map((path) => statSync(path).uid);
  chownSync(bundle, 0, 0);
  expect({ stderr, owners }).toEqual({ stderr: "", owners: [1234, 1234, 1234] });
});

test("a folder that can't be written is named", () => {
  command("--remove");
  writeFileSync(join(bundle, "code-cache"), "");
  const { status, stdout, stderr } = command();
  rmSync(join(bundle, "code-cache"));
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(/^node-libbpf: .*code-cache.*\n$/),
  });
});
