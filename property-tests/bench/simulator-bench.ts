import { fileURLToPath, pathToFileURL } from "node:url";
import { meshScenario } from "../simulator/mesh-scenario.ts";
import { simulate } from "../simulator/network/simulation.ts";
import { measured } from "./measured-process.ts";

/** What the simulator does on one core, and the largest network. */
export interface SimulatorBench {
  /** Inputs of nodes a second, on one core, in a mesh of two hundred. */
  readonly nodeStepsPerSecond: number;
  readonly largest: LargestNetwork;
}

/** A network as large as the target. */
interface LargestNetwork {
  readonly nodes: number;
  readonly links: number;
  readonly targetNodes: number;
  readonly seconds: number;
  readonly nodeSteps: number;
  readonly nodeStepsPerSecond: number;
  /** Resident memory beyond that of a network of two nodes, for each node. */
  readonly bytesPerNode: number;
  readonly violations: number;
  readonly falseThrottles: number;
  /** Share of all bytes of flows that arrived. */
  readonly shareArrived: number;
}

/** The target: more nodes than any community network has on one mesh. */
const targetNodes = 4000;

const sizes = {
  none: { nodes: 2, flows: 1, bytes: 1000n, destinations: 1 },
  mesh: { nodes: 200, flows: 40, bytes: 20_000_000n, destinations: 7 },
  largest: { nodes: targetNodes, flows: 400, bytes: 20_000_000n, destinations: 7 },
} as const;

type Size = keyof typeof sizes;

/** Runs each network in a process of its own, so that one's memory is not another's. */
export async function benchSimulator(): Promise<SimulatorBench> {
  const none = await runApart("none");
  const mesh = await runApart("mesh");
  const { peak, ...largest } = await runApart("largest");
  const bytesPerNode = Math.round((peak - none.peak) / largest.nodes);
  return {
    nodeStepsPerSecond: mesh.nodeStepsPerSecond,
    largest: { ...largest, targetNodes, bytesPerNode },
  };
}

type Told = Omit<LargestNetwork, "bytesPerNode" | "targetNodes">;

async function runApart(size: Size): Promise<Told & { readonly peak: number }> {
  const { output, peak } = await measured([
    process.execPath,
    fileURLToPath(import.meta.url),
    inside,
    size,
  ]);
  return { ...(JSON.parse(output) as Told), peak };
}

/** The argument that says that this process is to run one network. */
const inside = "--inside";

function runNetwork(size: Size): Told {
  const scenario = meshScenario(1, sizes[size]);
  const began = performance.now();
  const net = simulate(scenario);
  const seconds = (performance.now() - began) / 1000;
  const sum = (of: (flow: (typeof net.flows)[number]) => bigint) =>
    net.flows.reduce((all, flow) => all + of(flow), 0n);
  return {
    nodes: net.nodes.length,
    links: net.links.length,
    seconds: Math.round(seconds * 10) / 10,
    nodeSteps: net.nodeSteps,
    nodeStepsPerSecond: Math.round(net.nodeSteps / seconds),
    violations: net.violations.length,
    falseThrottles: net.falseThrottles,
    shareArrived: Number((sum((flow) => flow.arrived) * 1000n) / sum((flow) => flow.bytes)) / 1000,
  };
}

const isMain = import.meta.url === pathToFileURL(process.argv[1] ?? "").href;
if (isMain && process.argv[2] === inside) {
  console.log(JSON.stringify(runNetwork((process.argv[3] ?? "none") as Size)));
}
