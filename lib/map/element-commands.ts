/** Access to the elements of a map by keys and values as text, whatever its class. */
import type { BtfValue } from "../codec/codec";
import { jsonOf } from "../codec/exact-json";
import { parsed, valueOfText } from "../codec/value-text";
import { ArgumentError } from "../errors";
import { ElementMap } from "./element-map";
import { KeyedMap, type UpdateMode } from "./keyed-map";
import type { BpfMap } from "./map";
import type { MapOperation } from "./map-operation";
import { openMap, openMapById } from "./open";
import { ArrayOfMaps, HashOfMaps, ProgArray } from "./references";
import { StorageMap } from "./storage";

/** Opens the map that a text names: an id, or the path of a pin. */
export function openMapPinnedOrById(text: string): BpfMap {
  return /^\d+$/.test(text) ? openMapById(Number(text)) : openMap(text);
}

/** The value of a key as JSON; undefined if there is no such element. */
export function getAsJson(map: BpfMap, key: string): string | undefined {
  if (map instanceof StorageMap) return jsonIfThere(map.get(ownerOf(key)));
  const keyed = keyedMap(map, "get");
  const name = keyOf(keyed, key);
  // The map itself would be opened, which is not what is shown.
  if (keyed instanceof ArrayOfMaps || keyed instanceof HashOfMaps) return jsonIfThere(keyed.idOf(name as never));
  return jsonIfThere(keyed.get(name) as BtfValue | undefined);
}

/**
 * Writes an element.
 *
 * @param value for a map of maps, the id or pin of a map
 */
export function setFromText(map: BpfMap, key: string, value: string, mode: UpdateMode): void {
  if (map instanceof StorageMap) {
    map.set(ownerOf(key), valueIn(map, value), mode);
    return;
  }
  const keyed = keyedMap(map, "set");
  const name = keyOf(keyed, key);
  if (keyed instanceof ArrayOfMaps || keyed instanceof HashOfMaps) {
    using inner = openMapPinnedOrById(value);
    (keyed as KeyedMap<unknown, unknown, BpfMap>).set(name, inner, mode);
  } else if (keyed instanceof ProgArray) {
    throw unfit(map, "set", "its values are programs, which a command can't hold", "Set it from a program");
  } else keyed.set(name, valueIn(keyed, value), mode);
}

/** Deletes an element; false if there is none. */
export function deleteByText(map: BpfMap, key: string): boolean {
  if (map instanceof StorageMap) return map.delete(ownerOf(key));
  const keyed = keyedMap(map, "delete");
  return keyed.delete(keyOf(keyed, key));
}

/** All elements as JSON of key and value. */
export function* elementsAsJson(map: BpfMap): Generator<{ key: string; value: string }> {
  if (!(map instanceof ElementMap)) {
    throw unfit(map, "entries", "user space can't list its elements", "Ring buffers have records: node-libbpf run");
  }
  const isOuter = map instanceof ArrayOfMaps || map instanceof HashOfMaps;
  const elements: Iterable<[unknown, unknown]> = isOuter ? idsIn(map) : map.entries();
  for (const [key, value] of elements) yield { key: jsonOf(key as BtfValue), value: jsonOf(value as BtfValue) };
}

function* idsIn(map: ArrayOfMaps | HashOfMaps): Generator<[unknown, unknown]> {
  for (const key of map.keys()) {
    const id = map.idOf(key as never);
    if (id !== undefined) yield [key, id];
  }
}

function keyedMap(map: BpfMap, operation: MapOperation): KeyedMap<unknown, unknown, unknown> {
  if (map instanceof KeyedMap) return map;
  throw unfit(map, operation, "it has no keys", "A hash or an array has");
}

function keyOf(map: KeyedMap<unknown, unknown, unknown>, key: string): unknown {
  return valueOfText(key, map.codecs.key, map.keySize);
}

function valueIn({ codecs }: Pick<StorageMap<never, unknown>, "codecs">, text: string): BtfValue {
  return valueOfText(text, codecs.value, codecs.valueSize);
}

/** A process id, or the path of a file or cgroup. */
function ownerOf(text: string): never {
  const value = parsed(text);
  return (typeof value === "number" ? value : text) as never;
}

function jsonIfThere(value: BtfValue | undefined): string | undefined {
  return value === undefined ? undefined : jsonOf(value);
}

function unfit({ name, type }: BpfMap, operation: MapOperation, what: string, hint: string): ArgumentError {
  const details = { operation: `map.${operation}`, map: name, hint } as const;
  return new ArgumentError(`${type} map ${name}: ${what}`, details);
}
