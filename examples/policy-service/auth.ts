/** Authorization: a request needs a token. */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { ConfigError } from "./failure";

const MIN_LENGTH = 16;
/** The user of a token line without a name. */
const ANYBODY = "api";

/**
 * Returns the user of the token in an Authorization header, undefined for an unknown token. Takes the same time for
 * every token.
 */
export type Authorize = (header: string | undefined) => string | undefined;

/** @throws {@link ConfigError} if the file can't be read, is readable by others, or has no valid token */
export function tokensFrom(file: string): Authorize {
  const fail = (why: string): never => {
    throw new ConfigError(`tokenFile ${file} ${why}`);
  };
  try {
    if (statSync(file).mode & 0o007) fail("is accessible to all users: run chmod o= on it");
    const lines = readFileSync(file, "utf8").trim().split("\n");
    const tokens = lines.map((line) => {
      const [, name = ANYBODY, token = ""] = /^(?:([\w.@-]+)[ \t]+)?([\x21-\x7e]+)$/.exec(line.trim()) ?? [];
      if (token.length < MIN_LENGTH)
        fail(`must contain one word of ${MIN_LENGTH} characters or more, or lines of NAME WORD`);
      return [name, token] as const;
    });
    return authorizer(new Map(tokens));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return fail(`can't be read: ${(error as Error).message}`);
  }
}

/** @param tokens by their users' names */
export function authorizer(tokens: ReadonlyMap<string, string>): Authorize {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const wanted = Array.from(tokens, ([name, token]) => [name, digest(`Bearer ${token}`)] as const);
  return (header) => {
    const given = digest(header ?? "");
    return wanted.filter(([, one]) => timingSafeEqual(given, one))[0]?.[0];
  };
}
