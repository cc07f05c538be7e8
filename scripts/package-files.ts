/** The built package in a virtual machine. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Put } from "../lib/testing";
import { PROJECT_ROOT } from "./places";

/** Where the package lies in the guest. */
export const GUEST = "/package";

/** The built package, at the places where it lies here. */
export function packageFiles(): Put[] {
  const at = (path: string) => ({ from: join(PROJECT_ROOT, path), to: join(GUEST, path) });
  const release = join(PROJECT_ROOT, "build/Release");
  const addons = existsSync(release) ? readdirSync(release).filter((name) => name.endsWith(".node")) : [];
  return [
    { ...at("dist"), filter: (path) => !/\.(d\.ts|tsbuildinfo)$/.test(path) },
    at("package.json"),
    at("profiles"),
    at("node_modules/commander"),
    ...addons.map((name) => at(`build/Release/${name}`)),
  ];
}
