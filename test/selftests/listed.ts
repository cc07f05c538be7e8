/** Differences that stay: what C does with these objects and this library does not, each with the reason. */

export interface Listed {
  /** The start of a line of compare.ts: an object, perhaps with a program, and the step. */
  what: string;
  /** Kernels; default all. */
  kernels?: readonly string[];
  reason: string;
}

export const LISTED: readonly Listed[] = [];
