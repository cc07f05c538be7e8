/** What can be done with a map. */
import type { Operation } from "../errors";

type NameIn<O> = O extends `map.${infer Name}` ? Name : never;

/** An operation of a map, as errors and hints name it: the public method. */
export type MapOperation = NameIn<Operation>;
