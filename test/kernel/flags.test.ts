/** BPF_F_SLEEPABLE: what was asked for is what the kernel is given, in all four combinations. */
import { Flag, HashMap, libbpf, open } from "node-libbpf";
import { objectPath, openOnly } from "../bpf/objects";
import { kernelTest, kprobes, type Need, since, trampolines } from "./needs";

/** Loads one program and returns the prog_flags that the kernel was given for it. */
async function flagsGiven(name: string, sleepable?: boolean): Promise<number> {
  const observer = kprobes.present() ? "on_security_bpf" : "on_system_call";
  const witnessSpec = openOnly("witness", observer);
  witnessSpec.variables.watched = process.pid;
  using witness = await witnessSpec.load();
  witness.program(observer).attach();

  const spec = open(objectPath("flags"));
  const program = spec.programs[name];
  if (program === undefined) throw new Error(`no program ${name}`);
  program.autoload = true;
  if (sleepable !== undefined) program.sleepable = sleepable;
  using _ = await spec.load();

  const key = Buffer.alloc(16);
  key.write(name.slice(0, 15));
  const request = witness.map("loads", HashMap).raw.get(key);
  if (request === undefined) throw new Error(`the kernel was not asked to load ${name}`);
  return new DataView(request.buffer, request.byteOffset).getUint32(0, true);
}

const cases: [kind: string, plain: string, sleepable: string, needs: Need[]][] = [
  ["lsm", "lsm_plain", "lsm_sleepable", [trampolines]],
  ["uprobe", "uprobe_plain", "uprobe_sleepable", [since("6.0")]],
];

for (const [kind, plain, sleepable, needs] of cases) {
  describe(`prog_flags of ${kind} programs`, () => {
    kernelTest("a plain section is loaded without the flag", needs, async () => {
      expect((await flagsGiven(plain)) & Flag.SLEEPABLE).toBe(0);
    });
    kernelTest("a plain section made sleepable is loaded with it", needs, async () => {
      expect((await flagsGiven(plain, true)) & Flag.SLEEPABLE).toBe(Flag.SLEEPABLE);
    });
    kernelTest('a ".s" section is loaded with it', needs, async () => {
      expect((await flagsGiven(sleepable)) & Flag.SLEEPABLE).toBe(Flag.SLEEPABLE);
    });
    kernelTest('a ".s" section made plain is loaded without it', needs, async () => {
      const flags = flagsGiven(sleepable, false);
      // A system's libbpf may be too old for it: then it is refused, never loaded with the flag.
      if (/^1\.[01]$/.test(libbpf.version))
        await expect(flags).rejects.toMatchObject({ code: "ERR_BPF_NOT_SUPPORTED" });
      else expect((await flags) & Flag.SLEEPABLE).toBe(0);
    });
  });
}
