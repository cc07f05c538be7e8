/** Where the API listens: on a socket that only its owner and group may use, or on loopback. */
import { chmodSync, chownSync, existsSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Config } from "./config";
import { ConfigError } from "./failure";
import { type Account, gidOf } from "./privilege";

/** Gives the address. */
export async function listen(app: FastifyInstance, where: Config["listen"], owner: Account): Promise<string> {
  const { socket: path, mode, group, host, port = 0 } = where;
  if (path === undefined) return app.listen({ host, port });
  if (existsSync(path)) await removeStale(path);
  // Nobody may connect before the mode is set.
  const umask = process.umask(0o177);
  try {
    await app.listen({ path });
  } finally {
    process.umask(umask);
  }
  // In this order: the mode of what is another's takes CAP_FOWNER.
  chmodSync(path, Number.parseInt(mode, 8));
  chownSync(path, owner.uid, group === undefined ? owner.gid : gidOf(group));
  return path;
}

/** A service that was killed leaves its socket. */
async function removeStale(path: string): Promise<void> {
  const answer = await new Promise<string | undefined>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
  });
  if (answer !== "ECONNREFUSED") throw new ConfigError(`${path} is in use, or no socket (${answer ?? "it answers"})`);
  unlinkSync(path);
}
