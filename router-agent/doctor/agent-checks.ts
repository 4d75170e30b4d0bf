import type { NeighbourView, Overview } from "#agent/status-page/overview-form.ts";
import { type Diagnosis, fine, notice, wrong } from "./diagnosis.ts";

/** What the running agent says of itself. */
export function agentChecks(overview: Overview): readonly Diagnosis[] {
  return [
    overview.stopped === undefined
      ? fine("agent", "it runs, and acts")
      : wrong(
          "agent",
          `it has stopped acting: ${overview.stopped}`,
          "see docs/operating.md, then start it again",
        ),
    ...overview.alarms.map((words) =>
      notice("alarm", words, "it is told once; `status` has all of them"),
    ),
    ...overview.incidents
      .filter(({ open }) => open)
      .map(({ kind, subject, detected, action, advice }) =>
        wrong(
          `incident`,
          `${kind}${subject === "" ? "" : ` (${subject})`}: ${detected}; the agent ${action}`,
          advice,
        ),
      ),
    ...overview.neighbours.map(neighbourCheck),
    ...overview.neighbours.map(carriedCheck),
    ...balanceChecks(overview),
    ...marketChecks(overview),
    ...overview.failures.map((words) =>
      notice("payments", words, "compare both configurations where it names one"),
    ),
  ];
}

function neighbourCheck({ name, state, stateWords, exposure }: NeighbourView): Diagnosis {
  const subject = `neighbour ${name}`;
  switch (state) {
    case "open":
      return fine(subject, stateWords);
    case "silent":
      return notice(
        subject,
        stateWords,
        "see that it is on, and that keys and endpoint are right on both sides",
      );
    case "throttled":
      return notice(
        subject,
        `${stateWords} (${exposure})`,
        `\`explain ${name}\` says why; it opens when paid`,
      );
    case "broken":
      return wrong(subject, stateWords, "`journal verify`, report it, start the agent again");
    case "fraud":
      return wrong(subject, stateWords, "`npm run audit -- evidence` writes the proof to a file");
  }
}

/** What was carried for nothing, and junk: what follows from it is an incident, and said there. */
function carriedCheck({ name, carried }: NeighbourView): Diagnosis {
  return fine(`free tier of ${name}`, carried);
}

function balanceChecks({ balance, neighbours }: Overview): readonly Diagnosis[] {
  if (balance.free === undefined || neighbours.length === 0) return [];
  const lasts =
    balance.lasts === undefined
      ? "nothing is spent now"
      : `it lasts for ${balance.lasts}, ${balance.basis}`;
  const words = `${balance.free} in all channels; ${lasts}`;
  return [
    balance.low
      ? notice(
          "balance",
          words,
          "raise the deposit: `channel topup NEIGHBOUR AMOUNT`, or deposit_out",
        )
      : fine("balance", words),
  ];
}

/** Wishes that cannot be fulfilled at what upstream charges now: nothing is sold then. */
function marketChecks({ market }: Overview): readonly Diagnosis[] {
  if (market === undefined) return [];
  if (market.refused.length === 0) return [fine("prices", `${market.mode}, all within the wishes`)];
  return market.refused.map((words) =>
    notice(
      "prices",
      words,
      "`market set ceiling PRICE` or `market set profit SHARE`, or wait for upstream",
    ),
  );
}
