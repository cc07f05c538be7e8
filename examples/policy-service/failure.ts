/** Errors that the user of the service can fix: it does not start, or refuses a request. */

/** Exit statuses after which a service manager need not restart the service. */
export const ExitStatus = { config: 2, host: 3 } as const;

/** An invalid configuration, rule set or request. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** This kernel or host does not support the service. */
export class HostError extends Error {
  override readonly name = "HostError";
}
