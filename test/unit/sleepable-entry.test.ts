/** node-libbpf/sleepable, in separate processes: it never loads an addon, and works on systems without one. */
import { spawnSync } from "node:child_process";
import * as library from "node-libbpf";
import * as sleepable from "node-libbpf/sleepable";
import { PROJECT_ROOT } from "../../scripts/places";

/** Runs a module's code where every addon fails to load, as on another operating system. */
function run(platform: string, code: string): unknown {
  const before = `
    Object.defineProperty(process, "platform", { value: "${platform}" });
    process.dlopen = () => { throw new Error("an addon is loaded"); };`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(before)}`, "--input-type=module", "-e", code],
    { cwd: PROJECT_ROOT, encoding: "utf8" },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

test("its names are the library's, except the lists of hooks", () => {
  const shared = Object.entries(sleepable).filter(([name]) => name in library);
  expect(shared.filter(([name, value]) => (library as Record<string, unknown>)[name] !== value)).toEqual([]);
  expect(Object.keys(sleepable).filter((name) => !(name in library))).toEqual(["hookProgram", "hooks"]);
});

test.each(["linux", "darwin", "win32"])("verdicts without an addon, on %s", (platform) => {
  const code = `
    import { ArgumentError, hookProgram, hooks, judge, kernelProfile, kernelProfiles } from "node-libbpf/sleepable";
    const may = (name) => {
      const kernel = kernelProfile(name);
      const allowed = hooks(kernel).filter((hook) => judge(hookProgram(hook), kernel).verdict === "allowed");
      return allowed.filter(({ kind }) => kind === "lsm").length;
    };
    let wrong;
    try { kernelProfile("6.120"); } catch (error) { wrong = error instanceof ArgumentError && error.code; }
    console.log(JSON.stringify([kernelProfiles().includes("debian-6.12.117"), may("debian-5.10"), may("debian-6.12"), wrong]));`;
  const [known, in510, in612, wrong] = run(platform, code) as [boolean, number, number, string];
  expect([known, wrong]).toEqual([true, "ERR_BPF_ARGUMENT"]);
  expect(in510).toBeGreaterThan(0);
  expect(in612).toBeGreaterThan(in510);
});

test("there is no running kernel to query on another operating system", () => {
  const code = `
    import { kernelFacts } from "node-libbpf/sleepable";
    try { kernelFacts(); } catch (error) { console.log(JSON.stringify([error.code, error.message])); }`;
  expect(run("darwin", code)).toEqual([
    "ERR_BPF_NOT_SUPPORTED",
    expect.stringMatching(/is darwin, not Linux\. Choose another/),
  ]);
});
