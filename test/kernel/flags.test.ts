/** BPF_F_SLEEPABLE: the kernel gets the flag that was set, in all four combinations. */
import { Flag, libbpf } from "node-libbpf";
import { type Flags, open } from "../bpf/flags.bpf";
import { only } from "../bpf/objects";
import { open as openWitness } from "../bpf/witness.bpf";
import { kernelTest, kprobes, type Need, since, trampolines } from "./needs";

type ProgramName = keyof Flags["programs"];

/** Loads one program and returns the prog_flags that the kernel got for it. */
async function flagsGiven(name: ProgramName, sleepable?: boolean): Promise<number> {
  const observer = kprobes.present() ? "on_security_bpf" : "on_system_call";
  const witnessSpec = only(openWitness(), observer);
  witnessSpec.variables.watched = process.pid;
  using witness = await witnessSpec.load();
  witness.programs[observer].attach();

  const spec = open();
  const program = spec.programs[name];
  program.autoload = true;
  if (sleepable !== undefined) program.sleepable = sleepable;
  using _ = await spec.load();

  const request = witness.maps.loads.get(name.slice(0, 15));
  if (request === undefined) throw new Error(`the kernel was not asked to load ${name}`);
  return request.flags;
}

const cases: [kind: string, plain: ProgramName, sleepable: ProgramName, needs: Need[]][] = [
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
      // The system's libbpf may be too old for this: then the load is refused, and the kernel never gets the flag.
      if (/^1\.[01]$/.test(libbpf.version))
        await expect(flags).rejects.toMatchObject({ code: "ERR_BPF_NOT_SUPPORTED" });
      else expect((await flags) & Flag.SLEEPABLE).toBe(0);
    });
  });
}
