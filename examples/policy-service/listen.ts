/** Where the API listens: on a socket that only its owner and group may use, or on loopback. */
import { chmodSync, chownSync, closeSync, constants, fstatSync, lstatSync, openSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Config } from "./config";
import { ConfigError } from "./failure";
import { type Account, gidOf } from "./privilege";

/** Opens what can't be opened, such as a socket (asm-generic/fcntl.h). */
const O_PATH = 0o10000000;

/** Gives the address. */
export async function listen(app: FastifyInstance, where: Config["listen"], owner: Account): Promise<string> {
  const { socket: path, mode, group, host, port = 0 } = where;
  if (path === undefined) return app.listen({ host, port });
  await removeStale(path);
  // Nobody may connect before the mode is set.
  const umask = process.umask(0o177);
  try {
    await app.listen({ path });
  } finally {
    process.umask(umask);
  }
  // Whoever may write to the folder may have put a link there: what is looked at is what is changed.
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(fd).isSocket()) throw new ConfigError(`${path} was replaced meanwhile`);
    const itself = `/proc/self/fd/${fd}`;
    // In this order: the mode of what is another's takes CAP_FOWNER.
    chmodSync(itself, Number.parseInt(mode, 8));
    chownSync(itself, owner.uid, group === undefined ? owner.gid : gidOf(group));
  } finally {
    closeSync(fd);
  }
  return path;
}

/** A service that was killed leaves its socket. */
async function removeStale(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  // connect(2) says ECONNREFUSED of a regular file too.
  if (!stats.isSocket()) throw new ConfigError(`${path} is no socket: it is left as it is`);
  const answer = await new Promise<string | undefined>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
  });
  if (answer !== "ECONNREFUSED") throw new ConfigError(`${path} is in use (${answer ?? "it answers"})`);
  unlinkSync(path);
}
