import { spawnSync } from "node:child_process";
import { open, RingBuffer } from "node-libbpf";

const object = await open("../exec-watch.bpf.o").load();
object.program("on_exec").attach();
setImmediate(() => spawnSync("echo", ["seen"]));
for await (const [event] of object.map("events", RingBuffer)) {
  console.log(`${event.filename} by ${event.comm}`);
  break;
}
object.close();
