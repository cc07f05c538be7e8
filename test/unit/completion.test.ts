/** Completion scripts, run by their shells, and the examples in every command's help. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { type CommandShape, everyCommand, shapeOf } from "../../lib/cli/command-shape";
import { completionScript, SHELLS, type Shell } from "../../lib/cli/completion";
import { COMMAND, PROJECT_ROOT } from "../../scripts/places";

let program: CommandShape;
let folder: string;
beforeAll(() => {
  // In a process of its own: jest can't import() the commands.
  const code = `const { wholeProgram } = require("./commands"), { shapeOf } = require("./command-shape");
    wholeProgram().then((program) => console.log(JSON.stringify(shapeOf(program))));`;
  program = JSON.parse(
    execFileSync(process.execPath, ["-e", code], { cwd: join(PROJECT_ROOT, "dist/lib/cli"), encoding: "utf8" }),
  );
  folder = mkdtempSync(join(tmpdir(), "completion-"));
  for (const shell of SHELLS) writeFileSync(join(folder, shell), completionScript(shell, program));
  mkdirSync(join(folder, "work/objects"), { recursive: true });
  for (const name of ["watch.bpf.o", "two words.o"]) writeFileSync(join(folder, "work", name), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script in the folder of the test's files. */
function shell(name: Shell, script: string, ...args: string[]) {
  const { error, status, stdout, stderr } = spawnSync(name, ["-c", script, ...args], {
    cwd: join(folder, "work"),
    encoding: "utf8",
  });
  return error === undefined ? { status, stdout, stderr } : undefined;
}

/** What bash completes the last word to. */
function bash(...words: string[]): string[] {
  const script = `source ../bash
COMP_WORDS=(node-libbpf "$@") COMP_CWORD=$#
_node_libbpf
(( \${#COMPREPLY[@]} == 0 )) || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const answer = shell("bash", script, "bash", ...words);
  expect(answer).toMatchObject({ status: 0, stderr: "" });
  return (answer as { stdout: string }).stdout.split("\n").filter((line) => line !== "");
}

test.each<[words: string[], completed: string[]]>([
  [["ch"], ["check"]],
  [
    ["map", "d"],
    ["dump", "delete"],
  ],
  [
    ["btf", ""],
    ["-h", "--help", "dump"],
  ],
  [["check", "--pre"], ["--precheck"]],
  [
    ["check", "--precheck", ""],
    ["auto", "tables", "probe"],
  ],
  [["check", "--precheck", "=", "ta"], ["tables"]],
  [
    ["check", "--precheck", "="],
    ["auto", "tables", "probe"],
  ],
  [["check", "a.o", "--kernel", "6"], []],
  [["check", "watch.bpf.o", "tw"], ["two words.o"]],
  [["profile", "-o", "wat"], ["watch.bpf.o"]],
  [["build", "--output", ""], ["objects"]],
  [["completion", "z"], ["zsh"]],
  [["vm", "--kernel", "6.12", "--", "wat"], ["watch.bpf.o"]],
  [["nonsense", "--jso"], []],
])("bash completes %j", (words, completed) => {
  expect(bash(...words)).toEqual(completed);
});

test("bash, at a terminal", () => {
  const keys = `source ../bash; PS1=; node-libbpf() { echo "got $*"; }\nnode-libbpf che\twat\t--jso\t\nexit\n`;
  const { error, stdout } = spawnSync("script", ["-qec", "bash --norc -i", "/dev/null"], {
    cwd: join(folder, "work"),
    encoding: "utf8",
    input: keys,
    env: { PATH: process.env.PATH, TERM: "dumb", HOME: folder },
  });
  if (error) return; // no script(1)
  expect(stdout).toContain("got check watch.bpf.o --json");
});

test("fish", () => {
  const complete = (line: string) => shell("fish", `source ../fish; complete -C '${line}'`);
  const answer = complete("node-libbpf map d");
  if (answer === undefined) return; // not installed
  expect(answer.stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(["delete", "dump", ""]);
  expect(
    complete("node-libbpf check --precheck ")
      ?.stdout.split(/\s/)
      .filter((word) => !word.startsWith("-")),
  ).toEqual(expect.arrayContaining(["auto", "probe", "tables"]));
  expect(complete("node-libbpf check wat")?.stdout).toContain("watch.bpf.o");
  expect(complete("node-libbpf hooks wat")?.stdout).toBe("");
});

test("zsh", () => {
  const script = `zmodload zsh/zpty; zpty -b z zsh -f
zpty -w z 'autoload -Uz compinit; compinit -u -D; PS1=; source ../zsh; node-libbpf() { echo "got $*" }'
zpty -w -n z $'node-libbpf che\\twat\\t--precheck ta\\t\\r'
integer tries=300; local out=
while (( tries-- )) && [[ $out != *'got check'* ]]; do sleep 0.05; zpty -r -t z part && out+=$part; done
print -r -- $out; zpty -d z`;
  const answer = shell("zsh", script);
  if (answer === undefined) return; // not installed
  expect(answer.stdout).toContain("got check watch.bpf.o --precheck tables");
});

test("the man page has every command and option, and no fault", () => {
  const page = join(PROJECT_ROOT, "man/node-libbpf.1");
  const text = readFileSync(page, "utf8").replaceAll("\\-", "-");
  for (const { path, options, commands } of everyCommand(program)) {
    if (commands.length > 0) continue;
    const [, section = ""] = text.split(`.SS ${path.join(" ")}\n`);
    const [own = ""] = section.split(".SS ");
    for (const { flags } of options) expect([path, own]).toEqual([path, expect.stringContaining(`.B ${flags}\n`)]);
  }
  const { error, stdout, stderr } = spawnSync("groff", ["-man", "-ww", "-Tutf8", "-rLL=120n", page], {
    encoding: "utf8",
  });
  if (error) return; // not installed
  expect(stderr).toBe("");
  expect(stdout).toMatch(/node-libbpf check watch\.bpf\.o guard\.bpf\.o --kernel 5\.10,6\.12,debian-7\.3 --json/);
});

test("every command has a summary, a description, and an example that it accepts", () => {
  for (const command of everyCommand(program)) {
    const { path, summary, description, options, examples, commands } = command;
    const name = path.join(" ");
    if (path.length > 0) expect([name, summary]).toEqual([name, expect.stringMatching(/^[a-z].*[^.]$/)]);
    if (commands.length === 0) expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z](.|\n)*\.$/)]);
    expect([name, examples.length > 0]).toEqual([name, true]);
    const help = spawnSync(process.execPath, [COMMAND, ...path, "--help"], { encoding: "utf8" }).stdout;
    expect(help).toContain(`\nExamples:\n${examples.map((example) => `  ${example}\n`).join("")}`);
    for (const example of examples) {
      const [, words = ""] = new RegExp(`node-libbpf ${name}\\b(.*)`).exec(example) ?? [];
      expect([name, example]).toEqual([name, expect.stringMatching(new RegExp(`node-libbpf ${name}\\b`))]);
      const [own = ""] = words.split(" -- ");
      const known = commands.length > 0 ? undefined : options.flatMap(({ names }) => names);
      for (const [option] of own.matchAll(/(?<= )--?[a-z][\w-]*/g)) {
        if (known !== undefined) expect([example, known]).toEqual([example, expect.arrayContaining([option])]);
      }
    }
  }
});

test("a value whose name says nothing is reported", () => {
  const command = new Command("pretend").option("--pretend <novelty>");
  expect(() => shapeOf(command)).toThrow("does not say what <novelty> completes to");
});
