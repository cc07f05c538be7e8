/** The test's own key, for indexes that it changes. The key exists only during the test. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Signer {
  // Short, because the path of gpg-agent's socket contains it.
  readonly #home = mkdtempSync(join(tmpdir(), "fresh-key-"));
  /** The public key, in the format of apt's keyrings. */
  readonly publicKey: Buffer;

  constructor() {
    this.#gpg(["--passphrase", "", "--quick-generate-key", "fresh root <fresh@localhost>", "ed25519", "sign", "never"]);
    this.publicKey = this.#gpg(["--export"]);
  }

  clearsign(text: string): Buffer {
    return this.#gpg(["--clearsign"], text);
  }

  [Symbol.dispose](): void {
    spawnSync("gpgconf", ["--homedir", this.#home, "--kill", "all"]);
    rmSync(this.#home, { recursive: true, force: true });
  }

  #gpg(args: readonly string[], input = ""): Buffer {
    const options = ["--homedir", this.#home, "--batch", "--quiet", "--pinentry-mode", "loopback"];
    const { status, stdout, stderr, error } = spawnSync("gpg", [...options, ...args], { input, maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`gpg ${args.join(" ")}: ${error?.message ?? stderr}`);
    return stdout;
  }
}
