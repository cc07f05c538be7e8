/** Modules of Debian's kernels, for the tests of network kinds. Everything else that tests need is built in. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Put } from "../lib/testing";
import { PrivateApt, unpack } from "../lib/testing/apt";
import { platformOf } from "../lib/testing/arch";
import { cacheDirectory } from "../lib/testing/cache";
import { kernelDirectory, resolveKernel, suitesOf } from "../lib/testing/kernels";
import type { Architecture } from "./toolchain";

/** None of them needs another module. */
const MODULES = /^(veth|sch_ingress|cls_bpf|nf_defrag_ipv4)\.ko(\.xz)?$/;
/** Where test/kernel/kinds-network.ts looks for them. */
const GUEST_MODULES = "/modules";

/** The modules of a kernel's machine; none for a kernel that is not Debian's, nor for another architecture than x64. */
export function modulesFor(kernel: string, arch: Architecture): Put[] {
  const release = basename(resolveKernel(kernel, arch).image).replace(/^vmlinuz-/, "");
  if (arch !== "x64" || !release.includes("-cloud-")) return [];
  const folder = join(kernelDirectory(), `modules-${release}`);
  if (!existsSync(folder)) fetchModules(release, arch, folder);
  return [{ from: folder, to: GUEST_MODULES }];
}

/** Until 7.1 they are in the image's package. */
function fetchModules(release: string, arch: Architecture, folder: string): void {
  const scratch = mkdtempSync(join(kernelDirectory(), ".unpack-"));
  const failures: string[] = [];
  try {
    for (const suite of suitesOf(release.split(".", 2).join("."))) {
      const apt = new PrivateApt(join(cacheDirectory(), "apt", suite), [suite], {
        architecture: platformOf(arch).debian,
      });
      const packages = apt.packages(new RegExp(`^linux-(modules|image)-${release.replaceAll("+", "\\+")}$`));
      const name = packages.find((name) => name.startsWith("linux-modules-")) ?? packages[0];
      if (name === undefined) continue;
      try {
        const unpacked = unpack(apt.download(name, scratch), join(scratch, "root"));
        const kept = join(scratch, "modules");
        mkdirSync(kept);
        for (const path of readdirSync(unpacked, { recursive: true, encoding: "utf8" }))
          if (MODULES.test(basename(path))) copyFileSync(join(unpacked, path), join(kept, basename(path)));
        // Rename atomically, so that an interrupted run leaves nothing partial.
        renameSync(kept, folder);
        return;
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    throw new Error(`no modules of kernel ${release} from Debian: ${failures.join("; ")}`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
