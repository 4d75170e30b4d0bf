import type { MarketFile } from "./market-networks.ts";

/** A scenario file as it is kept: a line for each node, link and flow, as the formatter wants it. */
export function marketFileText({ nodes, links, flows, ...rest }: MarketFile): string {
  const lists = { nodes, links, flows };
  const head = JSON.stringify(rest, null, 2).slice(0, -2);
  const written = Object.entries(lists).map(([name, list]) => {
    const lines = list.map((one) => `    ${onOneLine(one)}`);
    return `  "${name}": [\n${lines.join(",\n")}\n  ]`;
  });
  return `${[head, ...written].join(",\n")}\n}\n`;
}

function onOneLine(value: object): string {
  const members = Object.entries(value).map(([name, one]) => `"${name}": ${JSON.stringify(one)}`);
  return `{ ${members.join(", ")} }`;
}
