import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "#core/identity/hexadecimal.ts";
import { decodeCommit, encodeCommit } from "#core/journal/commit.ts";
import {
  deliverAll,
  drain,
  feed,
  type LineWorld,
  lineWorld,
  lose,
  read,
  reboot,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";

/**
 * Three routers in a line buy and sell over lossy wires, the middle one reboots half-way, all
 * settle. The text is every event of every journal in hexadecimal, then a hash over all of them.
 * @param inputText `modelled 40`: whose signatures, and how many rounds of traffic.
 */
export function run(inputText: string): string {
  const [keys, count = "0"] = inputText.split(" ");
  const rounds = Number(count);
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 7n,
    prices: [1n, { fee: 2n }, 3n],
    keys: keys === "real" ? "real" : "modelled",
  });
  drain(world, 2);
  for (let round = 0; round < rounds; round++) {
    play(world, round);
    if (round === rounds >> 1) reboot(world, 1);
  }
  drain(world, 3);
  return journals(world);
}

function play(world: LineWorld, round: number): void {
  traffic(world, 0, 0, 5n, 100n);
  traffic(world, 1, 0, 5n, 250n);
  for (const i of world.nodes.keys()) {
    read(world, i);
    if (round % 3 === 0) feed(world, i, { type: "Poke" });
  }
  if (round % 5 === 0) lose(world, round);
  deliverAll(world);
}

function journals(world: LineWorld): string {
  const lines = world.nodes.flatMap(({ journal }, i) =>
    journal.map((event) => {
      const bytes = encodeCommit([event]);
      return `${i} ${toHex(bytes)} ${decodeCommit(bytes)[0]?.type}`;
    }),
  );
  const all = lines.join("\n");
  const hash = sha256(Uint8Array.from(all, (character) => character.charCodeAt(0)));
  return `${all}\n${toHex(hash)}`;
}
