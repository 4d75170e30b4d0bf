import { createSocket } from "node:dgram";

/** Bytes of a datagram's payload. */
const payload = 1200;

/**
 * The demo's traffic, in a process of its own: `send` from behind the first router, `answer` in the
 * "internet", which sends every third datagram back. UDP, so that what is lost stays lost.
 */
export function runTraffic(role: "send" | "answer", rest: readonly string[]): void {
  if (role === "send") send(rest[0] ?? "", Number(rest[1]), Number(rest[2]));
  else answer(Number(rest[0]));
}

function send(host: string, port: number, rate: number): void {
  const socket = createSocket("udp4");
  const bytes = Buffer.alloc(payload, 0x2e);
  const began = process.hrtime.bigint();
  let sent = 0;
  socket.on("error", () => {});
  setInterval(() => {
    const elapsed = Number(process.hrtime.bigint() - began) / 1e9;
    const due = Math.floor((elapsed * rate) / payload);
    for (let burst = 0; sent < due && burst < 64; burst++, sent++) socket.send(bytes, port, host);
    if (sent < due - 64) sent = due - 64; // never catches up with more than one burst
  }, 5);
}

function answer(port: number): void {
  const socket = createSocket("udp4");
  let received = 0;
  socket.on("error", () => {});
  socket.on("message", (bytes, from) => {
    received += 1;
    if (received % 3 === 0) socket.send(bytes, from.port, from.address);
  });
  socket.bind(port);
}
