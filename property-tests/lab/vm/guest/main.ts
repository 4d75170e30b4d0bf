import { measureAutoRate } from "./auto-rate.ts";
import { runSuite, suites } from "./contracts.ts";
import { loadOfDay } from "./day.ts";
import { playDemo } from "./demo.ts";
import { playSlowDiamond } from "./diamond.ts";
import { serveClients } from "./exit.ts";
import { provokeIncidents } from "./incidents.ts";
import { measureControl, measureLatency } from "./latency.ts";
import { playLine } from "./line.ts";
import { tellNeeds } from "./needs.ts";
import { measurePolls } from "./poll.ts";
import { report } from "./report.ts";

/**
 * What runs inside the emulated machine: the guest of this name tells lines of JSON, and the last is its
 * result. A further argument: the agent's bundle.
 */
const guests: Readonly<Record<string, () => Promise<object> | object>> = {
  needs: tellNeeds,
  demo: playDemo,
  day: loadOfDay,
  exit: serveClients,
  incidents: provokeIncidents,
  "auto-rate": measureAutoRate,
  diamond: playSlowDiamond,
  line: playLine,
  latency: measureLatency,
  control: measureControl,
  poll: measurePolls,
  ...Object.fromEntries(
    Object.keys(suites).map((name) => [name, () => runSuite(name as keyof typeof suites)]),
  ),
};

const [, , name = ""] = process.argv;
const guest = guests[name];
if (guest === undefined) throw new Error(`no guest is called ${name}`);
report({ result: await guest() });
process.exit(0);
