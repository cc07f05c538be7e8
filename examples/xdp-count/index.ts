/**
 * Counts the packets that an interface receives, by protocol, until Ctrl-C; with --send, counts packets that it sends
 * to itself:
 *   node dist/examples/xdp-count/index.js [--json] [--send] [INTERFACE]
 * Without an interface it does the latter in a network namespace of its own, and touches no interface of the host.
 * Needs root and Linux 5.9.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { parseArgs } from "node:util";
import { command, stopSignal } from "../command";
import { type Count, countPackets } from "./count";
import { runInOwnNamespace } from "./namespace";

command("xdp-count [--json] [--send] [INTERFACE]", async () => {
  const { values, positionals } = parseArgs({
    options: { json: { type: "boolean" }, send: { type: "boolean" } },
    allowPositionals: true,
  });
  const [name] = positionals;
  if (name === undefined) {
    const again = [process.execPath, __filename, "--send", ...(values.json ? ["--json"] : []), "lo"];
    process.exitCode = runInOwnNamespace(again, "inherit").status ?? 1;
    return;
  }
  using counting = await countPackets(name);
  await (values.send ? sendToMyself() : untilStopped(name));
  for (const count of counting.counts()) process.stdout.write(`${values.json ? JSON.stringify(count) : line(count)}\n`);
});

async function untilStopped(name: string): Promise<void> {
  process.stderr.write(`counting on ${name}\n`);
  const stop = stopSignal();
  // A signal handler alone does not keep Node.js running.
  const timer = setInterval(() => {}, 1 << 30);
  await once(stop, "abort");
  clearInterval(timer);
}

/** Sends ten datagrams, and opens a connection, over the loopback interface. */
async function sendToMyself(): Promise<void> {
  const receiver = createSocket("udp4").bind(0, "127.0.0.1");
  await once(receiver, "listening");
  const sender = createSocket("udp4");
  for (let i = 0; i < 10; i++) {
    sender.send("hello", receiver.address().port, "127.0.0.1");
    await once(receiver, "message");
  }
  for (const socket of [receiver, sender]) socket.close();

  const server = createServer((socket) => socket.end("hello")).listen(0, "::1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(connect(port, "::1").resume(), "close");
  server.close();
}

function line({ protocol, packets, bytes }: Count): string {
  return `${protocol.padEnd(8)} ${String(packets).padStart(8)} packets ${String(bytes).padStart(10)} bytes`;
}
