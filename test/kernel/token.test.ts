/** BPF tokens: of a path, found, or none; in the initial user namespace, where the kernel gives none, and in another. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMap, features } from "node-libbpf";
import { open } from "../bpf/shared.bpf";
import { before, bpffs, bundled, kernelTest, since } from "./needs";

kernelTest("without a token, or with the one that libbpf looks for", [], async () => {
  for (const options of [{}, { token: false }] as const) {
    using object = await open(options).load();
    expect(object.closed).toBe(false);
  }
});

kernelTest("a bpffs of the initial user namespace has none", [since("6.9"), bpffs, bundled], async () => {
  await expect(open({ token: "/sys/fs/bpf" }).load()).rejects.toMatchObject({
    code: "ERR_BPF_LOAD",
    operation: "load",
    errno: "EOPNOTSUPP",
    message: expect.stringContaining(
      "shared could not be loaded: there is no BPF token at /sys/fs/bpf: it belongs to the initial",
    ),
    hint: expect.stringContaining("delegate_cmds"),
  });
});

kernelTest("nor has a directory that is no bpffs, or is not there", [since("6.9"), bundled], async () => {
  await expect(open({ token: "/proc" }).load()).rejects.toMatchObject({
    errno: "EINVAL",
    message: expect.stringContaining("/proc: it is not the root of a bpffs (EINVAL)"),
  });
  await expect(open({ token: "/no/such" }).load()).rejects.toMatchObject({ errno: "ENOENT" });
  expect(() => open({ token: true as never })).toThrow(/option token must be a path in bpffs, or false, got true/);
  expect(() => open({ token: "" })).toThrow(/option token must be/);
  expect(() => features.with({ token: "/proc" })).toThrow(
    expect.objectContaining({ code: "ERR_BPF_NOT_SUPPORTED", operation: "features", errno: "EINVAL" }),
  );
  expect(() => features.with({} as never)).toThrow(/token/);
  expect(() => createMap({ type: "hash", keySize: 4, valueSize: 4, maxEntries: 1, token: "/proc" })).toThrow(
    expect.objectContaining({
      code: "ERR_BPF_MAP_CREATE",
      errno: "EINVAL",
      message: expect.stringContaining("the map can't be created: there is no BPF token at /proc: it is not the root"),
    }),
  );
});

kernelTest("tokens need Linux 6.9", [before("6.9"), bundled], async () => {
  await expect(open({ token: "/sys/fs/bpf" }).load()).rejects.toMatchObject({
    code: "ERR_BPF_NOT_SUPPORTED",
    message: expect.stringContaining("tokens need Linux 6.9"),
  });
});

/** In a user namespace, with a bpffs at the first argument that delegates everything: test/truth/delegate.c. */
const SCRIPT = `
  const { createMap, features } = require(${JSON.stringify(require.resolve("../../lib"))});
  const { open } = require(${JSON.stringify(require.resolve("../bpf/shared.bpf"))});
  const token = process.argv[1];
  const run = async (options) => {
    const object = await open(options).load();
    const { returnValue } = await object.programs.count.testRun({ data: new Uint8Array(64) });
    return [returnValue, object.maps.counts.get(1) === 1n];
  };
  const storage = (options) => createMap({ type: "sk_storage", valueSize: 8, ...options }).type;
  const told = async (act) => {
    try {
      return await act();
    } catch (error) {
      return error.errno;
    }
  };
  (async () => {
    const found = [];
    // Each place is asked of other types: an answer is kept.
    const places = [["xdp", "devmap", { token: false }], ["sk_msg", "sockmap", { token }], ["sock_ops", "xskmap", {}]];
    for (const [program, map, place] of places) {
      if (place.token === undefined) process.env.LIBBPF_BPF_TOKEN_PATH = token;
      const asked = place.token === undefined ? features : features.with(place);
      const answers = [asked.program(program), asked.map(map), asked.helper("bpf_get_prandom_u32", program)];
      found.push(await told(() => run(place)), await told(() => storage(place)), ...answers.map((one) => one.supported));
    }
    console.log(JSON.stringify(found));
  })();
`;

kernelTest("a token delegates loads, maps and probes in a user namespace", [since("6.9"), bundled], async () => {
  const place = mkdtempSync(join(tmpdir(), "token-"));
  try {
    const command = [place, process.execPath, "-e", SCRIPT, place];
    const { stdout, stderr } = spawnSync(join(__dirname, "../truth/delegate"), command, { encoding: "utf8" });
    expect(stderr).toBe("");
    const refused = ["EPERM", "EPERM", "unknown", "unknown", "unknown"];
    const given = [[2, true], "sk_storage", "yes", "yes", "yes"];
    expect(JSON.parse(stdout)).toEqual([...refused, ...given, ...given]);
  } finally {
    rmdirSync(place);
  }
});
