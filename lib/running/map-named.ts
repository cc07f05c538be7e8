/** Opens a map that exists, however it is named. */
import { ArgumentError } from "../errors";
import { openMapPinnedOrById } from "../map/element-commands";
import type { BpfMap } from "../map/map";
import { nearest } from "../nearest";
import { maps } from "./objects";

/** The kernel keeps so many characters of a name. */
const NAME_LENGTH = 15;

/**
 * Opens the map that a text names: an id, the path of a pin, which has a slash, or the kernel's name of it.
 *
 * @throws {@link ArgumentError} if no map has this name, or several have
 * @throws {@link MapError} if there is no such id or pin
 */
export function openMapNamed(text: string): BpfMap {
  if (/^\d+$/.test(text) || text.includes("/")) return openMapPinnedOrById(text);
  const all = [...maps()];
  const ids = all.filter(({ name }) => name === text.slice(0, NAME_LENGTH)).map(({ id }) => id);
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return openMapPinnedOrById(String(id));
  const details = { operation: "map.open", map: text } as const;
  if (id !== undefined) {
    const hint = `Name one by its id: ${ids.join(", ")}`;
    throw new ArgumentError(`${ids.length} maps have the name ${text}`, { ...details, hint });
  }
  const meant = nearest(text, new Set(all.map(({ name }) => name)));
  const hint = meant
    ? `Did you mean ${meant}?`
    : "node-libbpf map list shows all; a pin is named by its path, as ./NAME";
  throw new ArgumentError(`no map has the name ${text}`, { ...details, hint });
}
