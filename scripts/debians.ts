/** Other Debian releases to run the published addon's unit tests in: file systems to chroot into, made of packages. */
import type { Suite } from "../lib/testing/apt";
import { debianRoot } from "./debian-root";
import { nodeOf } from "./nodes";
import { PROJECT_ROOT } from "./places";
import { architectureOf, debianName } from "./toolchain";

/**
 * The oldest glibc that Node.js supports, with the first and the last Node.js version; the newest glibc, with the last
 * version. All versions are tested with this host's glibc: they load the same addon, and its C library does not depend
 * on the version of Node.js.
 */
export const DEBIANS: readonly { name: string; suite: Suite; majors: readonly number[] }[] = [
  { name: "Debian 11", suite: "bullseye", majors: [20, 26] },
  { name: "Debian forky", suite: "forky", majors: [26] },
];

/** Packages that Node.js needs, and a shell with its commands. */
const PACKAGES = [
  "base-files",
  "libc6",
  "libgcc-s1",
  "libstdc++6",
  "libatomic1",
  "bash",
  "libtinfo6",
  "busybox-static",
];

/**
 * The project is at /project, read-only except the results, and Node.js in /bin. Variables of this host's environment
 * name files that do not exist there. All mounts end with the command.
 */
const ENTER = `set -e
root=$1 project=$2 node=$3; shift 3
cd "$root"
mkdir -p project proc sys dev tmp
touch bin/node
echo root:x:0:0:root:/root:/bin/sh >etc/passwd
echo root:x:0: >etc/group
mount --bind "$node" bin/node
mount --bind "$project" project
mount -o remount,bind,ro project
mount --bind "$project/dist/results" project/dist/results
mount --rbind /dev dev
mount --rbind /sys sys
mount -t proc proc proc
mount -t tmpfs tmpfs tmp
chroot . /bin/busybox --install -s /bin
exec chroot . /bin/env -i HOME=/tmp PATH=/bin:/usr/bin NODE_LIBBPF_PREBUILD=/project \\
  sh -c 'cd /project && exec "$@"' sh "$@"`;

/** The start of a command that runs in a Debian release, in the project's folder; needs root. */
export function inDebian(suite: Suite, major: number): string[] {
  const root = debianRoot("tests", suite, debianName(architectureOf(process.arch)), PACKAGES);
  return ["unshare", "--mount", "sh", "-c", ENTER, "sh", root, PROJECT_ROOT, nodeOf(major)];
}
