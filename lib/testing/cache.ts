/** The cache directory for downloads and results that outlive a run: kernels, apt's lists, whether KVM works. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { NODE_LIBBPF_CACHE: own, XDG_CACHE_HOME: shared } = environment;
  if (own) return resolve(own);
  return join(shared || join(homedir(), ".cache"), "node-libbpf");
}
