/** Who may ask: whoever has the token. */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { ConfigError } from "./failure";

const MIN_LENGTH = 16;

/** Says whether an Authorization header has the token; how long that takes tells nothing about it. */
export type Authorize = (header: string | undefined) => boolean;

/** @throws {@link ConfigError} if the file can't be read, is open to others, or has no token worth the name */
export function tokenFrom(file: string): Authorize {
  const fail = (why: string): never => {
    throw new ConfigError(`tokenFile ${file} ${why}`);
  };
  try {
    if (statSync(file).mode & 0o007) fail("is open to everybody: chmod o= it");
    const token = readFileSync(file, "utf8").trim();
    if (!/^[\x21-\x7e]+$/.test(token) || token.length < MIN_LENGTH) {
      fail(`must hold one word of ${MIN_LENGTH} characters or more`);
    }
    return authorizer(token);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return fail(`can't be read: ${(error as Error).message}`);
  }
}

export function authorizer(token: string): Authorize {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const wanted = digest(`Bearer ${token}`);
  return (header) => timingSafeEqual(digest(header ?? ""), wanted);
}
