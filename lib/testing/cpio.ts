/** Writes a cpio archive in "newc" format, which Linux unpacks as its initramfs, directly to a file descriptor. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { posix } from "node:path";

const TYPE = { file: 0o100000, directory: 0o040000, link: 0o120000, device: 0o020000 } as const;
const CHUNK = 1 << 20;

export interface Entry {
  /** Type and permissions, as st_mode of stat(2). */
  readonly mode: number;
  readonly size?: number;
  /** Major and minor number of a device node. */
  readonly device?: readonly [number, number];
}

/** The padded header and name of an entry. The content follows, also padded to four bytes. */
export function cpioHeader(path: string, inode: number, { mode, size = 0, device = [0, 0] }: Entry): Buffer {
  const name = Buffer.from(`${path}\0`);
  const owner = [0, 0];
  const fields = [inode, mode, ...owner, 1, 0, size, 0, 0, ...device, name.length, 0];
  const magic = "070701";
  const header = magic + fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  return Buffer.concat([Buffer.from(header), name, padding(header.length + name.length)]);
}

export class CpioWriter {
  readonly #fd: number;
  readonly #directories = new Set(["/"]);
  #inode = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  directory(path: string, permissions = 0o755): void {
    if (this.#directories.has(path)) return;
    this.#directories.add(path);
    this.#entry(path, { mode: TYPE.directory | permissions });
  }

  text(path: string, content: string, permissions = 0o644): void {
    const data = Buffer.from(content);
    this.#entry(path, { mode: TYPE.file | permissions, size: data.length });
    this.#write(data);
    this.#write(padding(data.length));
  }

  link(path: string, target: string): void {
    const data = Buffer.from(target);
    this.#entry(path, { mode: TYPE.link | 0o777, size: data.length });
    this.#write(data);
    this.#write(padding(data.length));
  }

  characterDevice(path: string, device: readonly [number, number], permissions = 0o600): void {
    this.#entry(path, { mode: TYPE.device | permissions, device });
  }

  /** Adds a file of the host; `size` and `permissions` are from its stat. */
  file(path: string, from: string, size: number, permissions: number): void {
    this.#entry(path, { mode: TYPE.file | permissions, size });
    const source = openSync(from, "r");
    try {
      const chunk = Buffer.allocUnsafe(Math.min(size, CHUNK));
      for (let left = size; left > 0; ) {
        const read = readSync(source, chunk, 0, Math.min(left, CHUNK), null);
        if (read === 0) throw new Error(`${from} shrank while it was copied`);
        this.#write(chunk.subarray(0, read));
        left -= read;
      }
    } finally {
      closeSync(source);
    }
    this.#write(padding(size));
  }

  end(): void {
    this.#write(cpioHeader("TRAILER!!!", 0, { mode: 0 }));
  }

  #entry(path: string, entry: Entry): void {
    const parent = posix.dirname(path);
    // The kernel does not create parent directories.
    if (!this.#directories.has(parent)) this.directory(parent);
    this.#write(cpioHeader(path.slice(1), ++this.#inode, entry));
  }

  #write(data: Buffer): void {
    for (let done = 0; done < data.length; ) done += writeSync(this.#fd, data, done);
  }
}

function padding(length: number): Buffer {
  return Buffer.alloc(-length & 3);
}
