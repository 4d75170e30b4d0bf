import { createHash, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import type { Transfer } from "./stage.ts";

/** Bytes of a datagram's payload. */
const payload = 1200;

/** Bytes of the file that goes by TCP while datagrams flow. */
const fileBytes = 300_000;

/** How often, and after how many milliseconds, a refused connection is tried again. */
const retries = 40;
const retryTime = 250;

/** Bytes after which a receiver hangs up. */
const fileLimit = 10 * fileBytes;

/**
 * The demo's traffic, in a process of its own: `send HOST PORT BYTES-PER-SECOND` behind the first
 * router, `answer PORT` in the "internet". Datagrams, so that what is lost stays lost: every third
 * comes back. And one file by TCP, which must arrive whole in spite of the loss: `send` says in one
 * line of JSON what became of it ({@link Transfer}).
 */
export function runTraffic(role: "send" | "answer", rest: readonly string[]): void {
  if (role === "answer") {
    const port = Number(rest[0]);
    answerDatagrams(port);
    answerFile(port);
  } else {
    const [host = "", port = "", rate = ""] = rest;
    sendDatagrams(host, Number(port), Number(rate));
    sendFile(host, Number(port));
  }
}

function sendDatagrams(host: string, port: number, rate: number): void {
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

function answerDatagrams(port: number): void {
  const socket = createSocket("udp4");
  let received = 0;
  socket.on("error", () => {});
  socket.on("message", (bytes, from) => {
    received += 1;
    if (received % 3 === 0) socket.send(bytes, from.port, from.address);
  });
  socket.bind(port);
}

function sendFile(host: string, port: number): void {
  const began = process.hrtime.bigint();
  const file = randomBytes(fileBytes);
  const digest = createHash("sha256").update(file).digest("hex");
  const attempt = (left: number): void => {
    let answer = "";
    const socket = connect(port, host, () => socket.end(file));
    socket.on("error", () => {});
    socket.on("data", (part: Buffer) => {
      answer = (answer + part.toString("latin1")).slice(0, digest.length);
    });
    socket.on("close", () => {
      // The other end may not listen yet.
      if (socket.bytesWritten === 0 && left > 0) {
        setTimeout(attempt, retryTime, left - 1);
        return;
      }
      const milliseconds = Number((process.hrtime.bigint() - began) / 1_000_000n);
      const told: Transfer = { bytes: fileBytes, intact: answer === digest, milliseconds };
      console.log(JSON.stringify(told));
    });
  };
  attempt(retries);
}

/** Answers a whole file with its digest. */
function answerFile(port: number): void {
  const serve = (socket: Socket): void => {
    const hash = createHash("sha256");
    let size = 0;
    socket.on("error", () => {});
    socket.on("data", (part: Buffer) => {
      hash.update(part);
      size += part.length;
      if (size > fileLimit) socket.destroy();
    });
    socket.on("end", () => socket.end(hash.digest("hex")));
  };
  createServer({ allowHalfOpen: true }, serve).listen(port);
}
