import { memoryPlace } from "#adapters/index/memory-index.ts";
import { indexContract } from "../contracts/index-contract.ts";

indexContract("in memory", memoryPlace);
