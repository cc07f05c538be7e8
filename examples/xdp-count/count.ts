/** Loads xdp-count.bpf.c and attaches it to an interface. */
import { open } from "./xdp-count.bpf";

/** Received packets of one protocol. */
export interface Count {
  protocol: string;
  packets: number;
  bytes: number;
}

export interface Counting extends Disposable {
  /** Protocols without packets are left out. */
  counts(): Count[];
}

const NAMES: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 255: "other" };

/** Needs Linux 5.9. Passes all packets on. */
export async function countPackets(interfaceName: string): Promise<Counting> {
  const object = await open().load();
  try {
    object.programs.count_packet.attach({ interface: interfaceName });
  } catch (error) {
    object.close();
    throw error;
  }
  const total = (numbers: bigint[]) => numbers.reduce((sum, number) => sum + Number(number), 0);
  return {
    counts: () =>
      object.maps.counters
        .getAll()
        .map(([number, cpus]) => ({
          protocol: NAMES[number] ?? String(number),
          packets: total(cpus.map(({ packets }) => packets)),
          bytes: total(cpus.map(({ bytes }) => bytes)),
        }))
        .filter(({ packets }) => packets > 0),
    [Symbol.dispose]: () => object.close(),
  };
}
