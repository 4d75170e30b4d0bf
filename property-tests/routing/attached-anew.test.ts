import { expect, test } from "vitest";
import { memoryBabel } from "#adapters/babel/memory-babel.ts";
import type { Agent } from "#agent/agent/agent.ts";
import { routeBoard } from "#agent/routing/route-board.ts";

test("when neighbours come or go, the chosen routes are written again: attaching queues leaves the configured ones alone", () => {
  let blueprint = { neighbours: [], routes: [] };
  const preference = { price: 100n, loss: 100n, delay: 100n, margin: 10n };
  const parts = {
    config: () => ({ routing: { preference, maxPrice: undefined }, routes: [], neighbours: [] }),
    blueprint: () => blueprint,
    node: () => ({ ledger: { neighbours: [] } }),
  };
  const board = routeBoard(parts as unknown as Agent, () => []);
  const view = memoryBabel().service.view();
  expect(board.choose(view)).toEqual({ routes: [], except: [] });
  expect(board.choose(view)).toBeUndefined();
  blueprint = { neighbours: [], routes: [] };
  expect(board.choose(view)).toEqual({ routes: [], except: [] });
  expect(board.choose(view)).toBeUndefined();
});
