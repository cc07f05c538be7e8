/** What turns a BTF type's bytes into JavaScript values and back. */

/**
 * Bytes ⇄ values of one type, which starts at `offset` of a DataView. Built once per type: nothing is looked up by name when
 * it runs, and what it decodes is the caller's own, never a window on the memory.
 */
export interface Codec<T> {
  /** Bytes of a value; the least number for a type that ends in a flexible array. */
  readonly size: number;
  /**
   * Writes a value over the `length` bytes at `offset`; padding becomes zero.
   *
   * @param length bytes that there are; `size` by default
   * @throws {@link ArgumentError} for a value that does not fit, with its path: "denied.key.uid: expected u32, got -1"
   */
  encode(value: T, view: DataView, offset: number, length?: number): void;
  /** @param length bytes that there are, for a flexible array; `size` by default */
  decode(view: DataView, offset: number, length?: number): T;
}
