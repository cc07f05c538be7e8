const { spawnSync } = require("node:child_process");
const { open, RingBuffer } = require("node-libbpf");

open("../exec-watch.bpf.o")
  .load()
  .then((object) => {
    object.program("on_exec").attach();
    object.map("events", RingBuffer).onEvent((event) => {
      console.log(`${event.filename} by ${event.comm}`);
      object.close();
    });
    spawnSync("echo", ["seen"]);
  });
