import { tmpdir } from "node:os";
import { linuxMachine } from "#adapters/machine/linux-machine.ts";
import { machineState, memoryMachine } from "#adapters/machine/memory-machine.ts";
import { machineContract } from "../contracts/machine-contract.ts";

machineContract("Linux", () => ({
  layer: linuxMachine,
  directory: tmpdir(),
  interfaceName: "lo",
}));

machineContract("in memory", () => {
  const state = machineState();
  state.disks.set("/place", 1n);
  state.interfaces.set("lo", { sent: 0n, received: 0n });
  return { layer: memoryMachine(state), directory: "/place", interfaceName: "lo" };
});
