import { connect } from "node:net";
import { createInterface } from "node:readline";

/** Gives the emulator one order, and waits until it is done. */
export type MachineOrder = (name: "stop" | "cont") => Promise<void>;

/** Opens the emulator's control socket: JSON lines, one answer each, events between them (QMP). */
export async function openControl(path: string): Promise<MachineOrder> {
  const socket = connect(path);
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const order = async (execute: string): Promise<void> => {
    socket.write(`${JSON.stringify({ execute })}\n`);
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the emulator is gone");
      const message: Record<string, unknown> = JSON.parse(value);
      if ("return" in message) return;
      if ("error" in message) throw new Error(value);
    }
  };
  await lines.next(); // its greeting
  await order("qmp_capabilities");
  return order;
}
