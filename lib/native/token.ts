/** BPF tokens: the right to use bpf(2) in a user namespace, from a bpffs that was mounted there with `delegate_*` options. */
import { closeSync } from "node:fs";
import { release } from "node:os";
import { isSince } from "../compare-versions";
import { errnoName, isErrno } from "../errors";
import { custom, filled } from "../options";
import { native } from ".";

/** Where a token comes from: the path of a bpffs, or false for none; undefined: where libbpf looks. */
export type TokenPlace = string | false;

export const tokenPlace = custom<TokenPlace>(
  "a path in bpffs, or false",
  (value) => value === false || filled.fault(value) === undefined,
);

/** The release with tokens (35f96de04127). */
const SINCE = "6.9";

/** bpf_token_create() in kernel/bpf/token.c. */
const REASONS: Readonly<Record<string, string>> = {
  EINVAL: "it is not the root of a bpffs",
  EOPNOTSUPP: "it belongs to the initial user namespace, where no token is needed",
  EPERM: "it belongs to another user namespace, or this process lacks CAP_BPF in its own",
  ENOENT: "it does not exist, or delegates nothing",
  ENOTDIR: "it is no directory",
};

export interface TokenFault {
  readonly code: "ERR_BPF_NOT_SUPPORTED" | undefined;
  readonly what: string;
  readonly hint: string;
}

/** Why there is no token at a path, and what to do. */
export function tokenFault(path: string, errno: string): TokenFault {
  const what = `there is no BPF token at ${path}`;
  if (!isSince(release(), SINCE)) {
    const hint = "Pass token: false";
    return { code: "ERR_BPF_NOT_SUPPORTED", what: `${what}: tokens need Linux ${SINCE} (${errno})`, hint };
  }
  const why = REASONS[errno];
  const hint =
    "A token comes from a bpffs that was mounted for this process's user namespace with delegate_cmds, delegate_maps, " +
    "delegate_progs and delegate_attachs; with token: false, or as root outside, no token is needed";
  return { code: undefined, what: `${what}${why === undefined ? "" : `: ${why}`} (${errno})`, hint };
}

/**
 * Acts with the token of a path, which is closed after it.
 *
 * @param act takes the token's descriptor
 * @param fail makes the error for a path that has no token
 */
export function withTokenOf<T>(
  path: string,
  act: (token: number) => T,
  fail: (fault: TokenFault, errno: string) => Error,
): T {
  const token = native.tokenCreate(path);
  if (token >= 0) return used(token, act);
  const errno = errnoName(token);
  throw fail(tokenFault(path, errno), errno);
}

/** Where {@link orWithToken} looks; undefined: where libbpf does. */
let chosen: TokenPlace | undefined;

/** Acts synchronously, with another place for tokens. */
export function lookingAt<T>(place: TokenPlace, act: () => T): T {
  const before = chosen;
  chosen = place;
  try {
    return act();
  } finally {
    chosen = before;
  }
}

/**
 * Acts without a token, and if the kernel refuses that (EPERM) with the one that libbpf would find for a load: of the
 * path in LIBBPF_BPF_TOKEN_PATH, or of /sys/fs/bpf; or with that of {@link lookingAt}.
 *
 * @param act takes the token's descriptor, or 0
 * @param statusOf the status in a result
 */
export function orWithToken<T>(act: (token: number) => T, statusOf: (result: T) => number): T {
  const result = act(0);
  if (!isErrno(statusOf(result), "EPERM") || chosen === false) return result;
  const token = native.tokenCreate(chosen ?? (process.env.LIBBPF_BPF_TOKEN_PATH || "/sys/fs/bpf"));
  return token < 0 ? result : used(token, act);
}

function used<T>(token: number, act: (token: number) => T): T {
  try {
    return act(token);
  } finally {
    closeSync(token);
  }
}
