/** The shape of an object at compile time. `gen` writes the shape of one object; without it any name is accepted. */

import type { ProgramKind } from "../kinds";
import type { BpfMap } from "../map/map";
import type { Program } from "../program/program";
import type { Variables } from "./variables";

/** An object's programs, maps and variables by name: written by `node-libbpf gen` for each object. */
export interface ObjectShape {
  /** The kind of each program. */
  programs: Record<string, ProgramKind>;
  /** The class of each map. */
  maps: Record<string, BpfMap>;
  /** The struct that each syscall program takes a pointer to: what its test runs get and return. */
  contexts?: object;
  /** The type of each variable. `readonly` ones are constants, which can be set only before load. */
  variables: object;
}

/** The shape of an object without generated types: any name, with any kind, class or type. */
export interface AnyShape extends ObjectShape {
  /** Any variable. */
  variables: Variables;
}

/** A program of a loaded object. */
export type ProgramOf<S extends ObjectShape, N extends keyof S["programs"]> = Program<
  S["programs"][N],
  N extends keyof S["contexts"] ? S["contexts"][N] & object : object
>;

/** The programs of a loaded object. */
export type Programs<S extends ObjectShape> = { readonly [N in keyof S["programs"]]: ProgramOf<S, N> };

/** Items of one type, by the names in a shape. */
export type Named<Names, T> = { readonly [N in keyof Names]: T };

/** Variables before load, when constants can be set too. */
export type Settable<V> = { -readonly [N in keyof V]: V[N] };
