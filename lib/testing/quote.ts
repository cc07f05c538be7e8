/** Makes shell text that says exactly what was meant, whatever the strings hold. */
import { ArgumentError } from "../errors";

/** One word of a POSIX shell. */
export function quote(word: string): string {
  if (word.includes("\0")) throw unfit(`a NUL byte cannot be part of a command: ${JSON.stringify(word)}`);
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A script that runs `command` in `cwd`, with these environment variables added. */
export function commandScript(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd: string,
): string {
  for (const name of Object.keys(environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw unfit(`not a name for an environment variable: ${name}`);
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
