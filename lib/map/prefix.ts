/** Keys of LPM tries: address prefixes as text, or prefixes of any bytes. */
import { isUint8Array } from "node:util/types";
import type { Codec } from "../codec/codec";
import { little } from "../endian";
import { ArgumentError, shown } from "../errors";

/** A prefix: the first bits of some bytes. */
export interface Prefix {
  /** Number of significant bits. */
  readonly prefixLength: number;
  /** All bytes of the key, the first bits first (network byte order). */
  readonly data: Uint8Array;
}

/**
 * A prefix as bytes, or an address and prefix length as text: "10.0.0.0/8", "2001:db8::/32". Without a length all bits
 * are significant.
 */
export type LpmKey = string | Prefix;

const LENGTH = 4;
const IPV4 = 4;
const IPV6 = 16;
const KINDS = new Map([
  [IPV4, 'an IPv4 prefix such as "10.0.0.0/8"'],
  [IPV6, 'an IPv6 prefix such as "2001:db8::/32"'],
]);

/** Codec for struct bpf_lpm_trie_key: a prefix length, then the data. 4 and 16 bytes of data are addresses. */
export function prefixCodec(map: string, keySize: number): Codec<LpmKey> {
  const size = keySize - LENGTH;
  const fail = (message: string): never => {
    throw new ArgumentError(`map ${map}: ${message}`, { map });
  };
  return {
    size: keySize,
    encode(key, view, offset) {
      const { prefixLength, data } = typeof key === "string" ? parse(key, size, fail) : check(key, size, fail);
      view.setUint32(offset, prefixLength, little);
      for (let i = 0; i < size; i++) view.setUint8(offset + LENGTH + i, data[i] as number);
    },
    decode(view, offset) {
      const prefixLength = view.getUint32(offset, little);
      const data = new Uint8Array(view.buffer, view.byteOffset + offset + LENGTH, size).slice();
      if (size === IPV4) return `${data.join(".")}/${prefixLength}`;
      return size === IPV6 ? `${ipv6Text(data)}/${prefixLength}` : { prefixLength, data };
    },
  };
}

function check(key: Prefix, size: number, fail: (message: string) => never): Prefix {
  const { prefixLength, data } = key ?? {};
  if (!isUint8Array(data) || data.length !== size) {
    fail(`a key is a text such as "10.0.0.0/8", or { prefixLength, data: Uint8Array of ${size} bytes }`);
  }
  return checkLength(prefixLength, size, data, fail);
}

function checkLength(prefixLength: number, size: number, data: Uint8Array, fail: (message: string) => never): Prefix {
  if (Number.isInteger(prefixLength) && prefixLength >= 0 && prefixLength <= size * 8) return { prefixLength, data };
  return fail(`a prefix length is an integer from 0 to ${size * 8}, got ${shown(prefixLength)}`);
}

function parse(text: string, size: number, fail: (message: string) => never): Prefix {
  const [address = "", length, ...rest] = text.split("/");
  // Required lazily: loading takes milliseconds, and few programs have such a map.
  const { isIPv4, isIPv6 } = require("node:net") as typeof import("node:net");
  const wanted = size === IPV4 ? isIPv4(address) : size === IPV6 && isIPv6(address) && !address.includes("%");
  const isLength = length === undefined || /^\d{1,3}$/.test(length);
  if (!wanted || !isLength || rest.length > 0) {
    fail(`a key is ${KINDS.get(size) ?? "{ prefixLength, data }"}, got ${shown(text)}`);
  }
  const data = size === IPV4 ? Uint8Array.from(address.split("."), Number) : ipv6Bytes(address);
  return checkLength(length === undefined ? size * 8 : Number(length), size, data, fail);
}

/** The host of a URL is in canonical form, with the longest run of zeroes compressed and no dotted part. */
const canonical = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);

function ipv6Bytes(address: string): Uint8Array {
  const [head = "", tail] = canonical(address).split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":")).map((word) => Number.parseInt(word, 16));
  const first = words(head);
  const last = tail === undefined ? [] : words(tail);
  const zeroes = new Array<number>(IPV6 / 2 - first.length - last.length).fill(0);
  return Uint8Array.from([...first, ...zeroes, ...last].flatMap((word) => [word >> 8, word & 0xff]));
}

function ipv6Text(data: Uint8Array): string {
  const words = Array.from({ length: IPV6 / 2 }, (_, i) =>
    (((data[2 * i] ?? 0) << 8) | (data[2 * i + 1] ?? 0)).toString(16),
  );
  return canonical(words.join(":"));
}
