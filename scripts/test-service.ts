/** Runs the tests of examples/policy-service inside virtual machines, with a browser. */
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Put } from "../lib/testing";
import { MATRIX } from "./kernels";
import { PROJECT_ROOT } from "./places";
import type { Result } from "./test-results";
import { reportsOf, testInVm, type VmTests } from "./test-vm";

/**
 * Debian's headless chromium, which opens no window and starts in half the time; fonts, and NSS, which it loads at run
 * time.
 */
function browser(): Put[] {
  const chromium = "/usr/lib/chromium";
  const same = (path: string): Put => ({ from: path, to: path });
  return [
    same(`${chromium}/chromium-headless-shell`),
    { ...same(chromium), filter: (path) => path === chromium || /headless_.*\.pak$|\.(dat|bin|so)$/.test(path) },
    ...["softokn3", "freeblpriv3", "nssckbi"].map((name) => same(`/usr/lib/x86_64-linux-gnu/lib${name}.so`)),
    ...["/usr/share/fonts/truetype/dejavu", "/usr/share/fontconfig", "/etc/fonts"].map(same),
  ];
}

function tests(kernel: string): VmTests {
  const file = join(PROJECT_ROOT, "examples/policy-service/package.json");
  const { dependencies } = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
  const packages = Object.keys(dependencies).filter((name) => name !== "node-libbpf");
  const common = { kernel, name: "policy service", pattern: "service/(scenarios|page)" };
  if (kernel === MATRIX.oldest) return { ...common, pattern: "service/old-kernel", packages };
  const setpriv = { from: "/usr/bin/setpriv", to: "/usr/bin/setpriv" };
  return { ...common, packages: [...packages, "playwright-core"], put: [setpriv, ...browser()], memoryMib: 2560 };
}

/** Keeps the screenshot of the page as dist/results/policy-service.png. */
export async function testService(kernel: string): Promise<Result> {
  const result = await testInVm(tests(kernel));
  const picture = join(reportsOf(tests(kernel)), "policy-service.png");
  if (existsSync(picture)) copyFileSync(picture, join(PROJECT_ROOT, "dist/results/policy-service.png"));
  return result;
}
