/** The output of an iterator as records of one type: what programs write with bpf_seq_write(). */
import type { Readable } from "node:stream";
import type { Codec } from "../codec/codec";
import { BpfError } from "../errors";

/**
 * Decodes records of the codec's size, one behind the other.
 *
 * @param what the link, for errors
 */
export async function* recordsIn<T>(stream: Readable, codec: Codec<T>, what: string): AsyncGenerator<T, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    for (; at + codec.size <= bytes.length; at += codec.size) yield codec.decode(view, at);
    rest = bytes.subarray(at);
  }
  if (rest.length === 0) return;
  throw new BpfError(
    "ERR_BPF_LINK",
    `${what}: the output ends within a record, after ${rest.length} of ${codec.size} bytes`,
    {
      operation: "link.records",
      hint: "Write each record with one bpf_seq_write() of its type, and nothing else",
    },
  );
}
