/** Kinds of memory in JavaScript, for the native boundary; not all are an ArrayBuffer of a fixed size. */

// Part of ES2024, which the project's types do not have.
type Resizable = ArrayBuffer & { resize(length: number): void };
const resizable = (length: number): Resizable =>
  Reflect.construct(ArrayBuffer, [length, { maxByteLength: 2 * length }]) as Resizable;
const growable = (length: number): SharedArrayBuffer =>
  Reflect.construct(SharedArrayBuffer, [length, { maxByteLength: 2 * length }]) as SharedArrayBuffer;

/** Memory of all kinds; the last ones are not a Uint8Array. */
export const memories: Record<string, () => unknown> = {
  shared: () => new Uint8Array(new SharedArrayBuffer(64)),
  "shared and growable": () => new Uint8Array(growable(64)),
  "resizable and shrunk": () => {
    const buffer = resizable(64);
    const bytes = new Uint8Array(buffer);
    buffer.resize(3);
    return bytes;
  },
  "out of a resizable one's bounds": () => {
    const buffer = resizable(64);
    const bytes = new Uint8Array(buffer, 32, 16);
    buffer.resize(8);
    return bytes;
  },
  detached: () => {
    const bytes = new Uint8Array(64);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  },
  empty: () => new Uint8Array(),
  "at an offset": () => new Uint8Array(new ArrayBuffer(64), 8, 8),
  "of another type": () => new Float64Array(2),
  "a shared table": () => new Uint32Array(new SharedArrayBuffer(16)),
  "a view": () => new DataView(new ArrayBuffer(64)),
  "a buffer": () => new ArrayBuffer(64),
};
