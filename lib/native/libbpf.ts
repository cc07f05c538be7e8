/** Which libbpf is in use. */
import { lazy } from "../lazy";
import { native } from ".";

/** The libbpf in use. */
export interface Libbpf {
  /** Such as "1.7.0". */
  readonly version: string;
  /** Whether it is in the addon or the system's. */
  readonly linkage: "bundled" | "system";
  /** What is in the addon, by upstream version: "libbpf 1.7.0, elfutils 0.192, zlib 1.3.1"; "" with the system's libbpf. */
  readonly sources: string;
}

/** The libbpf in use: its version, whether it is the bundled one or the system's, and what that was built from. */
export const libbpf: Libbpf = lazy({
  version: () => native.libbpfVersion.replace(/^v/, ""),
  linkage: () => native.libbpfLinkage,
  sources: () => native.libbpfSources,
});
