/** The API's listener: a socket that only its owner and group may use, or a port on loopback. */
import { chmodSync, chownSync, closeSync, constants, fstatSync, lstatSync, openSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Config } from "./config";
import { ConfigError } from "./failure";
import { type Account, gidOf } from "./privilege";

/** Opens files that can't be opened otherwise, such as a socket (asm-generic/fcntl.h). */
const O_PATH = 0o10000000;

/** Returns the address. */
export async function listen(app: FastifyInstance, where: Config["listen"], owner: Account): Promise<string> {
  const { socket: path, mode, group, host, port = 0 } = where;
  if (path === undefined) return app.listen({ host, port });
  await removeStale(path);
  // No client may connect before the mode is set.
  const umask = process.umask(0o177);
  try {
    await app.listen({ path });
  } finally {
    process.umask(umask);
  }
  // A user who may write to the folder may have replaced the socket by a link, so check and change the same descriptor.
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(fd).isSocket()) throw new ConfigError(`${path} was replaced during the start`);
    const itself = `/proc/self/fd/${fd}`;
    // In this order: chmod of another user's file needs CAP_FOWNER.
    chmodSync(itself, Number.parseInt(mode, 8));
    chownSync(itself, owner.uid, group === undefined ? owner.gid : gidOf(group));
  } finally {
    closeSync(fd);
  }
  return path;
}

/** Removes the socket of a service that was killed. */
async function removeStale(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  // connect(2) fails with ECONNREFUSED for a regular file too.
  if (!stats.isSocket()) throw new ConfigError(`${path} is not a socket: it was not replaced`);
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
