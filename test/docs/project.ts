/** An npm project like a reader's: with the package installed, and the files that the pages describe. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fencesOf, fileOf, pages } from "../../scripts/fences";
import { COMMAND, PROJECT_ROOT } from "../../scripts/places";

export interface Project extends Disposable {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

export function makeProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), "node-libbpf-docs-"));
  const bin = join(folder, "node_modules/.bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(PROJECT_ROOT, join(folder, "node_modules/node-libbpf"));
  script(join(bin, "node-libbpf"), `exec node ${JSON.stringify(COMMAND)} "$@"`);
  // A user who can run the tests needs no sudo.
  script(join(bin, "sudo"), 'exec "$@"');
  writeFileSync(join(folder, "package.json"), "{}\n");
  for (const fence of pages().flatMap(fencesOf)) {
    const file = fileOf(fence);
    if (file !== undefined) writeFileSync(join(folder, file), fence.code);
  }
  return {
    folder,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, npm_config_offline: "true" },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}
