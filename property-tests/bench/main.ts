import { benchAudit } from "./audit-bench.ts";
import { benchComparison } from "./comparison-bench.ts";
import { benchDurableCommits } from "./durable-commits.ts";
import { benchGuard } from "./guard-bench.ts";
import { benchHistoryIndex } from "./history-index.ts";
import { journalPerGigabyte } from "./journal-per-gigabyte.ts";
import { run as meteringCycle } from "./metering-cycle.ts";
import { benchPage } from "./page-bench.ts";
import { benchReplay } from "./replay-bench.ts";
import { benchRouter } from "./router/router-bench.ts";
import { routingOverhead } from "./routing-overhead.ts";
import { routingPoll } from "./routing-poll.ts";
import { routingSwitch } from "./routing-switch.ts";
import { routingTables } from "./routing-tables.ts";
import { benchSettlement } from "./settlement-bench.ts";
import { benchSimulator } from "./simulator-bench.ts";
import { benchStep } from "./step-bench.ts";

/**
 * `npm run bench -- [NAME ...] [--json]`: the project's figures, each beside its target or its peer,
 * measured in the same run. Without a name, all of them.
 */
const benches: Readonly<Record<string, () => Promise<object> | object>> = {
  step: () => benchStep(),
  metering: () =>
    meteringCycle({
      perCycle: {
        module: new URL("./cycle-share.ts", import.meta.url).href,
        name: "stepAndJournal",
      },
    }),
  guard: () => benchGuard(),
  flow: () => journalPerGigabyte(),
  journal: async () => ({ durable: await benchDurableCommits(), replay: await benchReplay() }),
  audit: () => benchAudit(),
  compare: () => benchComparison(),
  history: () => benchHistoryIndex(),
  page: () => benchPage(),
  settlement: () => benchSettlement(),
  router: () => benchRouter(),
  simulator: () => benchSimulator(),
  routing: async () => ({
    poll: routingPoll(),
    tables: await routingTables(),
    overhead: routingOverhead(),
    switch: await routingSwitch(),
  }),
};

const args = process.argv.slice(2);
const json = args.includes("--json");
const named = args.filter((one) => !one.startsWith("--"));

if (args.includes("--help") || named.some((one) => benches[one] === undefined)) {
  console.log(
    `usage: npm run bench -- [${Object.keys(benches).join("] [")}] [--json]; router takes --hours=H, --node=PATH and --parts=load,flags,cgroup,settlement too`,
  );
  process.exit(args.includes("--help") ? 0 : 3);
}

const results: Record<string, object> = {};
for (const [name, bench] of Object.entries(benches)) {
  if (named.length > 0 && !named.includes(name)) continue;
  if (!json) console.error(`measuring ${name} ...`);
  const result = await bench();
  results[name] = result;
  if (!json) console.log(name, result);
}
if (json) console.log(JSON.stringify(results));
