/** Checks an option that names a map type. */
import { mapTypeNumber } from "../map-types";
import { custom } from "../options";

/** A name that mapTypeName() can return. */
export const mapType = custom<string>(
  'a map type such as "hash"',
  (value) => typeof value === "string" && mapTypeNumber(value) !== 0,
);
