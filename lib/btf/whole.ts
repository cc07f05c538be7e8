/** Merges split BTF with its base, so that C can be written from it. */
import { little } from "../endian";
import type { Btf } from "./btf";
import { BtfKind } from "./btf-kinds";

const HEADER = 24;

/**
 * The bytes of a BTF and its base as one BTF. Ids and string offsets of split BTF continue those of the base, so
 * concatenation suffices.
 *
 * Kernels since 6.19 are compiled with -fms-extensions, where an unnamed member can be of a named struct and provides
 * that struct's members. Standard C reads such a member as a declaration of nothing, which changes the layout. So each
 * such member gets an unnamed copy of the struct here. CO-RE treats both the same.
 */
export function whole(btf: Btf): Uint8Array {
  const parts = btf.base === undefined ? [btf] : [btf.base, btf];
  const words = Array.from(parts, (part) => Uint32Array.from(part.words));
  const copies = new Map<number, number>();
  for (const [index, part] of parts.entries()) {
    for (const { id, at } of namelessOf(part, btf)) {
      const copy = copies.get(id) ?? btf.end + copies.size;
      copies.set(id, copy);
      (words[index] as Uint32Array)[at] = copy;
    }
  }
  for (const id of copies.keys()) {
    const part = id < btf.first && btf.base !== undefined ? btf.base : btf;
    const from = part.start(id);
    // Copy the changed words: a copied struct can contain others.
    const copy = (words[parts.indexOf(part)] as Uint32Array).slice(from, from + 3 + part.vlen(id) * 3);
    copy[0] = 0;
    words.push(copy);
  }
  return assemble(
    words,
    parts.map(({ strings }) => strings),
  );
}

/** Unnamed members whose type is a named struct or union: the type's id, and the word that refers to it. */
function* namelessOf(part: Btf, btf: Btf): Iterable<{ id: number; at: number }> {
  const isComposite = (kind: number) => kind === BtfKind.STRUCT || kind === BtfKind.UNION;
  const { words } = part;
  for (let id = part.first; id < part.end; id++) {
    if (!isComposite(part.kind(id))) continue;
    const start = part.start(id) + 3;
    const end = start + part.vlen(id) * 3;
    for (let at = start; at < end; at += 3) {
      if (part.string(words[at] as number) !== "") continue;
      const type = words[at + 1] as number;
      if (isComposite(btf.kind(type)) && btf.name(type) !== "") yield { id: type, at: at + 1 };
    }
  }
}

function assemble(words: readonly Uint32Array[], strings: readonly Uint8Array[]): Uint8Array {
  const types = Buffer.concat(
    words.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
  const texts = Buffer.concat(strings);
  const header = new DataView(new ArrayBuffer(HEADER));
  header.setUint16(0, 0xeb9f, little);
  header.setUint8(2, 1);
  for (const [index, value] of [HEADER, 0, types.length, types.length, texts.length].entries())
    header.setUint32(4 + index * 4, value, little);
  return Buffer.concat([new Uint8Array(header.buffer), types, texts]);
}
