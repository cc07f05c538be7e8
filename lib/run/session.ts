/** A whole run of an object: settings, load, readers of its records, links, and what is left of it at the end. */
import type { BtfValue } from "../codec/codec";
import { jsonOf } from "../codec/exact-json";
import { BpfError } from "../errors";
import { elementsAsJson } from "../map/element-commands";
import { ElementMap } from "../map/element-map";
import type { BpfMap } from "../map/map";
import { PerfBuffer } from "../map/perf-buffer";
import { RecordMap } from "../map/record-map";
import { RingBuffer } from "../map/ring-buffer";
import type { AttachReport } from "../object/attach-all";
import type { LoadOptions } from "../object/load-options";
import type { BpfObject } from "../object/object";
import { type ObjectSpec, open } from "../object/object-spec";
import { setAllFromText, type VariableTexts } from "../object/variable-text";

export interface SessionOptions extends LoadOptions {
  /** The programs to load, in place of those that the object loads by itself. */
  programs?: readonly string[];
  variables?: VariableTexts;
  /** Record types by map, as in {@link OpenOptions.events}. */
  events?: Readonly<Record<string, string>>;
}

/** Receives what happens while the object runs. */
export interface Listener {
  /** Records that were read together. */
  onRecords(map: string, records: readonly string[]): void;
  /** Records that were lost, because a ring was full. */
  onLost(map: string, count: number): void;
  /** A record that can't be decoded, or a ring that can't be read. */
  onError(map: string, error: BpfError): void;
}

/** A line of what is left at the end, with keys and values as JSON. */
export type Left =
  | { readonly map: string; readonly key: string; readonly value: string }
  | { readonly variable: string; readonly value: string };

type Flushed = Pick<RingBuffer, "flush">;

/** An object that is loaded and attached. */
export class Session implements AsyncDisposable {
  readonly #object: BpfObject;
  readonly #readers: readonly Flushed[];
  readonly #report: AttachReport;

  private constructor(object: BpfObject, readers: readonly Flushed[], report: AttachReport) {
    this.#object = object;
    this.#readers = readers;
    this.#report = report;
  }

  /**
   * Opens, loads and attaches an object, and reads its records from the start.
   *
   * @throws {@link BpfError} if the object can't be opened, loaded or attached; nothing stays behind
   */
  static async start(path: string, options: SessionOptions, listener?: Listener): Promise<Session> {
    const { programs, variables = [], events = {}, ...load } = options;
    const spec = open(path, { events });
    if (programs !== undefined) choose(spec, programs);
    setAllFromText(spec.variables, variables);
    const object = await spec.load(load);
    try {
      // Before the programs run: a perf buffer that nobody reads refuses records.
      const readers = listener === undefined ? [] : read(object, listener);
      return new Session(object, readers, object.attach());
    } catch (error) {
      object.close();
      throw error;
    }
  }

  /** Names of the attached programs and struct_ops maps. */
  get attached(): string[] {
    return Object.keys(this.#report.links);
  }

  /** Why programs are loaded and not attached, by name. */
  get skipped(): Readonly<Record<string, string>> {
    return this.#report.skipped;
  }

  /** Detaches everything, and delivers the records that are left. */
  finish(): void {
    for (const link of Object.values(this.#report.links)) link.detach();
    for (const reader of this.#readers) reader.flush();
  }

  /** The elements of all maps that can be listed, and the global variables. */
  *left(): Generator<Left> {
    const maps: readonly BpfMap[] = Object.values(this.#object.maps);
    for (const map of maps) {
      // Those of variables begin with a dot.
      if (!(map instanceof ElementMap) || map.name.startsWith(".")) continue;
      for (const element of elementsAsJson(map)) yield { map: map.name, ...element };
    }
    for (const [variable, value] of Object.entries(this.#object.variables))
      yield { variable, value: jsonOf(value as BtfValue) };
  }

  /** Pins everything below a folder: it runs on without this process. */
  pin(folder: string): string[] {
    return this.#object.pin(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#object[Symbol.asyncDispose]();
  }
}

/** Only these programs are loaded, those of sections that begin with "?" included. */
function choose(spec: ObjectSpec, names: readonly string[]): void {
  for (const name of names) spec.program(name);
  for (const program of Object.values(spec.programs)) program.autoload = names.includes(program.name);
}

function read(object: BpfObject, { onRecords, onLost, onError }: Listener): Flushed[] {
  return Object.values<BpfMap>(object.maps).flatMap((map) => {
    const options = {
      onError(error: unknown) {
        if (!(error instanceof BpfError)) throw error;
        onError(map.name, error);
      },
    };
    const deliver = (records: readonly unknown[]) =>
      onRecords(
        map.name,
        records.map((record) => jsonOf(record as BtfValue)),
      );
    if (map instanceof RingBuffer) map.onBatch(deliver, options);
    else if (map instanceof PerfBuffer) {
      map.onBatch(({ records, lost }) => {
        if (lost > 0) onLost(map.name, lost);
        deliver(records);
      }, options);
    }
    return map instanceof RecordMap ? [map] : [];
  });
}
