/** Quotes strings for shell scripts. */
import { ArgumentError } from "../errors";

/** Quotes a string as one POSIX shell word. */
export function quote(word: string): string {
  if (word.includes("\0")) throw unfit(`a command can't contain NUL: ${JSON.stringify(word)}`);
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A script that runs `command` in `cwd`, with additional environment variables. */
export function commandScript(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd: string,
): string {
  for (const name of Object.keys(environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw unfit(`not a valid environment variable name: ${name}`);
  }
  return [
    "#!/bin/sh",
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(cwd)} || exit 126`,
    `exec ${command.map(quote).join(" ")}`,
    "",
  ].join("\n");
}

function unfit(message: string): ArgumentError {
  return new ArgumentError(message, { operation: "vm" });
}
