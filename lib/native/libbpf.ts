/** The libbpf version in use. */
import { lazy } from "../lazy";
import { native } from ".";

/** The libbpf in use. */
export interface Libbpf {
  /** The version, such as "1.7.0". */
  readonly version: string;
  /** Whether it is the addon's own or the system's. */
  readonly linkage: "bundled" | "system";
  /**
   * Upstream versions of the bundled libraries, such as "libbpf 1.7.0, elfutils 0.192, zlib 1.3.1"; "" with the
   * system's libbpf.
   */
  readonly sources: string;
}

/**
 * The libbpf in use: its version, whether it is the bundled one or the system's, and the bundled sources. libbpf:
 * libbpf_version_string().
 */
export const libbpf: Libbpf = lazy({
  version: () => native.libbpfVersion.replace(/^v/, ""),
  linkage: () => native.libbpfLinkage,
  sources: () => native.libbpfSources,
});
