import { attackLines, attackTable } from "./attacks/attack-table.ts";
import { readCommand, usage } from "./command-line.ts";
import { fuzz } from "./fuzz/fuzz.ts";
import { compare } from "./incumbent/comparison.ts";
import { scenarioSchema } from "./scenario/scenario-schema.ts";
import { failureText, runScenario } from "./scenario-run.ts";

/**
 * `npm run simulate -- --scenario FILE`: runs a whole network and checks the theorems after every
 * step. Exit code 0 where nothing was violated, 1 where something was, 3 where nothing was run.
 */
async function run(): Promise<number> {
  const command = readCommand(process.argv.slice(2));
  switch (command.do) {
    case "help":
      console.log(usage);
      return 0;
    case "refuse":
      console.error(command.words);
      return 3;
    case "scenario":
      return runScenario(command.options);
    case "fuzz": {
      const result = await fuzz(command.options);
      if (command.options.json) console.log(JSON.stringify(result));
      else console.dir(result, { depth: 4 });
      for (const failure of result.failures) console.error(failureText(failure));
      return result.fuzz === "passed" ? 0 : 1;
    }
    case "incumbent": {
      const { seeds, days, json } = command.options;
      const result = compare(seeds, days);
      if (json) console.log(JSON.stringify(result));
      else console.dir(result, { depth: 4 });
      return result.months.every(({ ours }) => ours.episodes + ours.violations === 0) ? 0 : 1;
    }
    case "attacks": {
      const table = attackTable();
      if (command.json) console.log(JSON.stringify(table));
      else console.log(attackLines(table).join("\n"));
      return table.every(({ holds }) => holds) ? 0 : 1;
    }
    case "schema":
      console.log(JSON.stringify(scenarioSchema, null, 2));
      return 0;
  }
}

process.exitCode = await run();
