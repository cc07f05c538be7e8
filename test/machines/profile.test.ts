/** A kernel's profile, copied to another machine, gives the same verdicts as the kernel's own machine. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProgramVerdict, readProfile } from "node-libbpf";
import { runInVm } from "../../lib/testing";
import { packageFiles } from "../../scripts/package-files";
import { judgeObjects } from "./judge-objects";

const answers = (verdicts: Record<string, ProgramVerdict>) =>
  Object.fromEntries(Object.entries(verdicts).map(([name, { verdict, reason }]) => [name, `${verdict} ${reason}`]));

test("a profile of 6.1 gives the verdicts of its machine", async () => {
  const directory = mkdtempSync(join(tmpdir(), "machine-"));
  try {
    const { exitCode } = await runInVm({
      kernel: "6.1",
      command: ["node", "dist/test/machines/judge-objects.js"],
      cwd: "/package",
      cpus: 1,
      put: packageFiles(),
      collect: ["host", "tables", "auto"].map((name) => ({ from: `/tmp/${name}.json`, into: directory })),
    });
    expect(exitCode).toBe(0);
    const read = (name: string) =>
      JSON.parse(readFileSync(join(directory, `${name}.json`), "utf8")) as Record<string, ProgramVerdict>;
    const carried = answers(judgeObjects({ kernel: readProfile(join(directory, "host.json")) }));
    expect(Object.keys(carried).length).toBeGreaterThan(50);
    // The running kernel's types and files decide cases that are unknown with a profile; all other verdicts agree.
    for (const name of ["tables", "auto"]) {
      const more = Object.entries(answers(read(name))).filter(
        ([program, answer]) =>
          answer !== carried[program] &&
          !carried[program]?.startsWith("unknown ") &&
          !/ (CONFIG_NOT_FOUND|FIELD_NOT_FOUND|TARGET_SIGNATURE)$/.test(answer),
      );
      expect(more).toEqual([]);
    }
    const given = Object.values(carried).map((answer) => answer.split(" ")[0]);
    for (const answer of ["allowed", "refused", "unsafe"]) expect(given).toContain(answer);
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 400_000);
