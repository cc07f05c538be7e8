/**
 * Determines the kernel's upstream version. `uname -r` names an ABI on Debian and Ubuntu ("6.1.0-56-cloud-amd64" runs
 * 6.1.192), and rules that changed in stable releases depend on the real version.
 */
import { type Fact, known, unknown } from "./fact";

/** How the running kernel identifies itself. */
export interface Identity {
  /** `uname -r` */
  release: string;
  /** `uname -v` */
  version: string;
  /** /proc/version_signature, on Ubuntu. */
  signature: string | undefined;
}

/** A kernel's upstream version and vendor. */
export interface KernelIdentity {
  /** "6.12.117"; only "6.12" if the stable release is unknown. */
  version: Fact<string>;
  /** The distribution's name of the build: "Debian 6.12.117-1~deb12u1". */
  build: Fact<string>;
  /** A vendor that backports BPF from newer kernels, which makes the version unreliable; "" if none. */
  backports: Fact<string>;
}

/** Vendors that backport BPF wholesale, by the form of `uname -r`. */
const BACKPORTERS: readonly (readonly [RegExp, string])[] = [
  [/\.el\d/, "RHEL and its rebuilds"],
  [/el\d+uek/, "Oracle UEK"],
  [/-android\d/, "Android"],
  [/-150\d00\./, "SUSE Linux Enterprise"],
];

export function identify({ release, version, signature }: Identity): KernelIdentity {
  const vendor = BACKPORTERS.find(([pattern]) => pattern.test(release))?.[1] ?? "";
  const backports = known(vendor, "uname -r");
  const debian = /Debian (\d+\.\d+(?:\.\d+)?)(~rc)?\S*/.exec(version);
  if (debian !== null) {
    const own = debian[1] as string;
    return {
      version: known(debian[2] === undefined ? full(own) : own, "uname -v"),
      build: known(debian[0], "uname -v"),
      backports,
    };
  }
  const ubuntu = /^(Ubuntu \S+) (\d+\.\d+\.\d+)/.exec(signature ?? "");
  if (ubuntu !== null) {
    const origin = "/proc/version_signature";
    return { version: known(ubuntu[2] as string, origin), build: known(ubuntu[1] as string, origin), backports };
  }
  const build = known(`${release} ${version}`, "uname -r -v");
  const [, series, patch] = /^(\d+\.\d+)(\.\d+)?/.exec(release) ?? [];
  if (series === undefined) {
    return { version: unknown(`uname -r is not a version: ${release}`), build, backports };
  }
  // Distributions use patch level 0 for ABIs: 5.15.0-91-generic may be any 5.15. A release candidate has no patch level
  // yet.
  const abi = patch === undefined || /^\d+\.\d+\.0-(\d|rc)/.test(release);
  return { version: known(abi ? series : series + patch, "uname -r"), build, backports };
}

/** "7.3" is 7.3.0 in the name of a build: Debian's first upload of a series. */
function full(version: string): string {
  return version.split(".").length === 2 ? `${version}.0` : version;
}
