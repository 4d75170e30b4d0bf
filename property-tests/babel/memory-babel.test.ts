import { memoryBabel } from "#adapters/babel/memory-babel.ts";
import { babelContract } from "../contracts/babel-contract.ts";

babelContract("in memory", async () => {
  const memory = memoryBabel();
  let log: string | undefined;
  return {
    babel: memory.service,
    say: (...lines) => {
      memory.say(...lines);
      memory.dump(log);
    },
    dump: (next) => {
      log = next;
      memory.dump(log);
    },
    restart: async () => {
      memory.become("down");
      memory.become("up");
    },
    end: async () => memory.become("down"),
    close: async () => {},
  };
});
