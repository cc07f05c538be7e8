/** Reads object files, with an error that names the file and the cause. */
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
