import { writeFileSync } from "node:fs";
import { marketFileText } from "./market-file-text.ts";
import { marketNetworks } from "./market-networks.ts";

/** `node property-tests/scenarios/write.ts`: writes the networks with a market beside this file. */
for (const network of marketNetworks) {
  writeFileSync(new URL(`./${network.name}.json`, import.meta.url), marketFileText(network));
}
