import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMessage } from "#core/peer/message-reader.ts";
import {
  deliver,
  deliverAll,
  feed,
  type LineWorld,
  lineWorld,
  lose,
  nodeAt,
  smallTerms,
} from "../simulator/line-world.ts";

// Found by `npm run simulate -- --fuzz`: an answer that was lost was never given again.

const strangers = (): LineWorld =>
  lineWorld({ terms: smallTerms, deposit: 1_000_000n, grainsPerUnit: 1n, prices: [2n, 3n] });

const isGreeted = (world: LineWorld, node: number) => nodeAt(world, node).node.live[0]?.greeted;

/** Each datagram on the way arrives, is lost, or arrives and stays on the way. */
function happen(world: LineWorld, what: "arrive" | "lose" | "repeat", at: number): void {
  if (what === "lose") lose(world, at);
  else deliver(world, at, what === "repeat");
}

/** What happens to which datagram, and who is poked then. */
type Happening = ["arrive" | "lose" | "repeat", number, 0 | 1 | undefined];

const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.tuple(
    fc.constantFrom("arrive", "lose", "repeat" as const),
    fc.nat({ max: 30 }),
    fc.constantFrom(0, 1, undefined),
  ),
  { maxLength: 40 },
);

/** The shortest run that went wrong before: the last answer to a HELLO is lost. */
const found: Happening[] = [
  ["arrive", 0, undefined],
  ["repeat", 9, undefined],
  ["repeat", 0, 0],
  ["arrive", 13, undefined],
  ["arrive", 0, 0],
  ["arrive", 0, 1],
  ["lose", 20, 0],
];

test("whatever was lost, late or repeated of a greeting, a few pokes let both know that they were heard, and then nobody says HELLO", () => {
  fc.assert(
    fc.property(happenings, (all) => {
      const world = strangers();
      for (const [what, at, poked] of all) {
        happen(world, what, at);
        if (poked !== undefined) feed(world, poked, { type: "Poke" });
      }
      for (let round = 0; round < 3; round++) {
        for (const node of [0, 1]) feed(world, node, { type: "Poke" });
        deliverAll(world);
      }
      expect([isGreeted(world, 0), isGreeted(world, 1)]).toEqual([true, true]);
      for (const node of [0, 1]) feed(world, node, { type: "Poke" });
      const said = world.air.map(({ bytes }) => decodeMessage(bytes));
      expect(said.filter((one) => typeof one === "string" || one.type === "HELLO")).toEqual([]);
    }),
    { numRuns: 300, examples: [[found]] },
  );
});
