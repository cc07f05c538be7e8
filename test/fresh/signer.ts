/** A key of the test's own, for indexes that it has changed. It lives as long as the test. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Signer {
  // Short: the path of gpg-agent's socket is in it.
  readonly #home = mkdtempSync(join(tmpdir(), "fresh-key-"));
  /** The public key, as apt's keyrings have it. */
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
