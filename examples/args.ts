/** Splits the arguments of a process as they are stored in its memory, each with its NUL; the end may be truncated. */
export function splitArgs(memory: Uint8Array): string[] {
  const args = Buffer.from(memory).toString("utf8").split("\0");
  if (args.at(-1) === "") args.pop();
  return args;
}
