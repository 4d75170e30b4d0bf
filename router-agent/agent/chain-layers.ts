/**
 * What an agent needs to settle on a chain, in one module: the bundle has it in a file of its own
 * that is loaded where the configuration names a chain, and nowhere else.
 */
export { chainSettlement } from "#adapters/settlement/chain/chain-settlement.ts";
export { outboxFile } from "#adapters/settlement/chain/outbox-file.ts";
