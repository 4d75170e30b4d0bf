import { memoryPlace } from "#adapters/index/memory-index.ts";
import { indexContract } from "../contracts/index-contract.ts";
import { indexLimitsContract } from "../contracts/index-limits-contract.ts";

indexContract("in memory", memoryPlace);
indexLimitsContract("in memory", memoryPlace);
