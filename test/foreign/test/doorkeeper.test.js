import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { open } from "node-libbpf";
import { insideVm } from "node-libbpf/testing";

const NOBODY = Number(process.env.BANNED ?? 65534);

test("a banned user runs nothing, and it is told", { skip: !insideVm() && "needs a virtual machine" }, async () => {
  const object = await open(fileURLToPath(new URL("../bpf/doorkeeper.bpf.o", import.meta.url))).load();
  const links = Object.values(object.programs).map((program) => program.attach());
  try {
    object.maps.banned.set(NOBODY, 0n);
    const runAs = (uid) => spawnSync("/bin/true", { uid }).error?.code;
    assert.equal(runAs(65534), "EPERM");
    assert.equal(runAs(65533), undefined);
    assert.equal(object.maps.banned.get(NOBODY), 1n);
    const [attempt] = object.maps.attempts.read();
    assert.deepEqual({ uid: attempt.uid, file: attempt.file }, { uid: NOBODY, file: "/bin/true" });
    assert.ok(object.variables.started >= 1n);
  } finally {
    for (const link of links) link.detach();
    object.close();
  }
});
