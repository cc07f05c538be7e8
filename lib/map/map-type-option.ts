/** The check of a map type that is given by its name. */
import { mapTypeNumber } from "../map-types";
import { custom } from "../options";

/** A name as mapTypeName() returns it. */
export const mapType = custom<string>(
  'a map type such as "hash"',
  (value) => typeof value === "string" && mapTypeNumber(value) !== 0,
);
