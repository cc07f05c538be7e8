/** What an object has, for the compiler: generated types say it of one object, and without them anything goes. */

import type { ProgramKind } from "../kinds";
import type { BpfMap } from "../map/map";
import type { Program } from "../program/program";
import type { Variables } from "./variables";

/** The programs' kinds, the maps and the variables of an object, by name: `node-libbpf gen` writes one for each object. */
export interface ObjectShape {
  programs: Record<string, ProgramKind>;
  maps: Record<string, BpfMap>;
  /** Those that are `readonly` are constants: they can be set before load only. */
  variables: object;
}

/** The shape of an object that no types were generated for: any name, each of any kind. */
export interface AnyShape extends ObjectShape {
  variables: Variables;
}

/** The programs of a loaded object. */
export type Programs<S extends ObjectShape> = {
  readonly [N in keyof S["programs"]]: Program<S["programs"][N]>;
};

/** Things of one type by the names that a shape has for them. */
export type Named<Names, T> = { readonly [N in keyof Names]: T };

/** Variables before load, when constants can be set too. */
export type Settable<V> = { -readonly [N in keyof V]: V[N] };
