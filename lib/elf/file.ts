/** Reads object files, with an error that names the file and the cause. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ArgumentError, type ErrorCode, ObjectError, type Operation } from "../errors";

/**
 * The contents of an object file.
 *
 * @throws {@link ObjectError} if it can't be read
 */
export function readObject(path: string, operation: Operation = "open"): Uint8Array {
  const fail = (code: ErrorCode, what: string, hint: string, cause: unknown): never => {
    throw new ObjectError(code, `${path} ${what}`, { operation, hint, cause });
  };
  if (path.includes("\0")) {
    throw new ArgumentError(`${operation} takes a path without NUL, got ${JSON.stringify(path)}`, { operation });
  }
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT")
      return fail("ERR_BPF_OBJECT_NOT_FOUND", "does not exist", "Check the path, or build the object first", cause);
    if (code === "EISDIR")
      return fail("ERR_BPF_OBJECT_UNREADABLE", "is a directory", "Pass the path of an object file", cause);
    return fail(
      "ERR_BPF_OBJECT_UNREADABLE",
      `can't be read (${code ?? message})`,
      "Check the path and its permissions",
      cause,
    );
  }
}

/** A private copy of the bytes. Copying a detached buffer throws. */
export function ownBytes(source: Uint8Array): Uint8Array {
  return source.length === 0 ? new Uint8Array() : Uint8Array.from(source);
}

/** @throws {@link ObjectError} if the bytes have another SHA-256 digest */
export function checkDigest(bytes: Uint8Array, wanted: string, label: string): void {
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found === wanted.toLowerCase()) return;
  const hint = "It is another build of the object, or somebody changed it";
  const what = `${label} has the SHA-256 digest ${found}, and not ${wanted}`;
  throw new ObjectError("ERR_BPF_OBJECT_DIGEST", what, { operation: "open", hint });
}
