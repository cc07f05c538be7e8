/** The families of maps, in a few lines each. map-tour.bpf.c declares their keys and values. */
import { type BpfObject, codecs, createMap, kernelFacts } from "node-libbpf";
import { type MapTour, open } from "./map-tour.bpf";

/** All maps except the one of the global variables. */
type Maps = Omit<MapTour["maps"], ".bss">;
type Tour = { [Name in keyof Maps]: (map: Maps[Name], programs: BpfObject<MapTour>["programs"]) => unknown };

/** A packet that is large enough to run an XDP program on. */
const data = new Uint8Array(64);

const tour: Tour = {
  services(map) {
    map.set("ssh", 22).set("https", 443).delete("ssh");
    return [...map];
  },
  samples(map) {
    map.mmap(BigUint64Array)[3] = 5n; // no system call: programs see it at once
    return map.get(3);
  },
  async runs(map, { count_run }) {
    await count_run.testRun({ data, repeat: 3 });
    return map.sum(0); // over all CPUs
  },
  routes(map) {
    map.set("10.0.0.0/8", 1).set("10.1.0.0/16", 2);
    return ["10.1.2.3", "10.2.0.1", "192.0.2.1"].map((address) => map.get(address));
  },
  tenants(map) {
    using inner = createMap({ type: "array", value: codecs.u32, maxEntries: 2 });
    inner.set(0, 5);
    map.set(7, inner);
    using same = map.get(7);
    return same?.get(0);
  },
  async next(map, { count_run, send_message }) {
    map.set(0, send_message);
    const { returnValue } = await count_run.testRun({ data });
    return returnValue; // the return value of send_message: XDP_DROP is 1
  },
  jobs(map) {
    map.push(1).push(2);
    return [map.pop(), map.peek()];
  },
  seen(map) {
    map.add(443);
    return map.has(443);
  },
  of_task(map) {
    map.set(process.pid, 5n);
    return map.get(process.pid); // freed together with the process
  },
  async events(map, { send_message }) {
    map.read();
    await send_message.testRun({ data });
    return map.read();
  },
  async requests(map, { drain }) {
    map.submitMany([{ number: 1 }, { number: 2 }]);
    return (await drain.testRun()).returnValue;
  },
  shared(map) {
    map.memory()[0] = 7; // programs use the same address
    return map.memory()[0];
  },
};

/** The result of a map's use, or undefined if this kernel has no such maps. */
export interface Stop {
  name: string;
  type: string;
  result: unknown;
}

/** Needs Linux 5.8; newer families are left out on older kernels. */
export async function tourMaps(): Promise<Stop[]> {
  const spec = open();
  const { mapTypes } = kernelFacts();
  const types = "value" in mapTypes ? mapTypes.value : [];
  for (const map of Object.values(spec.maps)) map.autocreate = types.includes(map.type);
  spec.programs.drain.autoload = spec.maps.requests.autocreate;
  await using object = await spec.load();
  const stops: Stop[] = [];
  for (const [name, visit] of Object.entries(tour) as [keyof Tour, Tour[keyof Tour]][]) {
    const { type, autocreate } = spec.maps[name];
    const result = autocreate ? await visit(object.maps[name] as never, object.programs) : undefined;
    stops.push({ name, type, result });
  }
  return stops;
}
