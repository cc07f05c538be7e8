/** Why the service does not start, or does not do what it is asked: what its user can set right. */

/** Exit statuses; a service manager need not try again after either. */
export const ExitStatus = { config: 2, host: 3 } as const;

/** A configuration, a rule set or a request that is not right. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** What this kernel, or the place where the service runs, can't do. */
export class HostError extends Error {
  override readonly name = "HostError";
}
