/** The operations of maps. */
import type { Operation } from "../errors";

type NameIn<O> = O extends `map.${infer Name}` ? Name : never;

/** An operation of a map, named in errors and hints by its public method. */
export type MapOperation = NameIn<Operation>;
