// leftovers.mjs: removes what demos, and labs on the stage of one, that were killed on this machine left
// behind. Their agents go on running and paying each other, which takes processors from the tests.
import { removeLeftovers } from "../router-agent/demo/belongings.ts";

await removeLeftovers();
