/**
 * Upgrades the policy service between two versions of its program, over and over, while another process opens what the
 * policy forbids.
 *   node upgrade.js COUNT     as root, where LSM programs can be attached; prints what came of it
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Decision } from "../../examples/policy-service/decisions";
import { PINS } from "../kernel/needs";
import { Target } from "./acts";
import { Place, Service } from "./service";

const EXAMPLES = join(__dirname, "../../examples");
const NEXT = join(EXAMPLES, "policy-service-next");

export interface Result {
  upgrades: number;
  /** Opens that succeeded, and those that did not. */
  opened: number;
  refused: number;
  /** Denials of them that the programs counted, that could not be told, and that were told. */
  denied: number;
  lost: number;
  told: number;
}

export async function upgradeOften(count: number): Promise<Result> {
  cpSync(join(EXAMPLES, "policy-service"), NEXT, { recursive: true });
  copyFileSync(join(__dirname, "../bpf/policy-service-next.bpf.o"), join(NEXT, "policy.bpf.o"));
  const pin = join(PINS, "upgraded");
  const place = new Place();
  try {
    const target = new Target(join(place.folder, "denied"));
    const rules = [{ name: "no", action: "deny", hooks: ["open"], path: target.file }];
    place.configure({ pin, hooks: ["open"], decisions: place.decisions, policy: { mode: "enforce", rules } });
    let service = await Service.start(place);
    const attempts = spawn(process.execPath, ["-e", ATTEMPTS, target.file], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    for (let upgrade = 1; upgrade <= count; upgrade++) {
      await service.stop();
      service = await Service.start(
        place,
        [],
        join(upgrade % 2 === 1 ? NEXT : join(EXAMPLES, "policy-service"), "main.js"),
      );
    }
    attempts.send("end");
    const [tally] = (await once(attempts, "message")) as [{ opened: number; refused: number }];
    const denied = await service.metric('policy_decisions_total{hook="open",verdict="denied"}');
    const lost = await service.metric('policy_lost_total{at="ring"}');
    // The last service still reads what was decided while it started.
    for (let waited = 0; toldIn(place.decisions) < denied && waited < 60; waited++) await sleep(500);
    await service.stop();
    const told = toldIn(place.decisions);
    return { upgrades: count, ...tally, denied, lost, told };
  } finally {
    rmSync(pin, { recursive: true, force: true });
    rmSync(NEXT, { recursive: true });
    place.remove();
  }
}

function toldIn(file: string): number {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.filter((line) => (JSON.parse(line) as Decision).verdict === "denied").length;
}

/** Opens a file some hundred times a second, until it is told to end. */
const ATTEMPTS = `
  const { openSync, closeSync } = require("node:fs");
  let [refused, opened] = [0, 0];
  process.on("message", () => { process.send({ refused, opened }); process.disconnect(); clearInterval(timer); });
  const timer = setInterval(() => {
    for (let i = 0; i < 3; i++) {
      try { closeSync(openSync(process.argv[1])); opened++; } catch { refused++; }
    }
  }, 20);`;

if (require.main === module)
  upgradeOften(Number(process.argv[2])).then((result) => console.log(JSON.stringify(result)));
