/** A temporary file without a name, which leaves nothing behind however the process ends. */
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class ScratchFile implements Disposable {
  readonly fd: number;
  #taken = 0;

  constructor() {
    const directory = mkdtempSync(join(tmpdir(), "node-libbpf-vm-"));
    try {
      this.fd = openSync(join(directory, "file"), "wx+");
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  get size(): number {
    return fstatSync(this.fd).size;
  }

  /** Returns the bytes written since the last call. */
  take(): Buffer {
    const chunk = this.read(this.#taken);
    this.#taken += chunk.length;
    return chunk;
  }

  read(from = 0): Buffer {
    const bytes = Buffer.alloc(Math.max(0, this.size - from));
    let done = 0;
    for (let read = 1; read > 0 && done < bytes.length; done += read) {
      read = readSync(this.fd, bytes, done, bytes.length - done, from + done);
    }
    return bytes.subarray(0, done);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
