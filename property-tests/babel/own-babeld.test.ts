import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { babeldOf } from "#adapters/babel/babeld-process.ts";
import { readFeasibility } from "#adapters/babel/feasibility-log.ts";
import { ownBabeld, wordLimit } from "#adapters/babel/own-babeld.ts";
import type { Prefix } from "#core/route/prefix.ts";

/**
 * A program called babeld (in Perl, which keeps its script's name) that does what the adapter sees of one: listens, writes its process id, dumps on
 * SIGUSR1 and ends on SIGTERM. The real one needs interfaces of its own: the lab has it.
 */
const pretended = `#!/usr/bin/perl
use strict; use IO::Socket::UNIX;
my %at; for my $i (0 .. $#ARGV - 1) { $at{$ARGV[$i]} = $ARGV[$i + 1]; }
sub out { open(my $f, $_[0], $_[1]) or die; print $f $_[2]; close $f; }
$SIG{USR1} = sub { out(">>", $at{"-L"}, "\nMy id 1\n10.0.0.0/8 from 0.0.0.0/0 metric 1 (1) refmetric 0 id 1 seqno 1 age 1 via x neigh fe80::1 (feasible)\n"); };
$SIG{TERM} = sub { unlink $at{"-I"}; exit 0; };
out(">>", $at{"-L"}, "begun\n");
out(">", $at{"-I"}, $$);
my $server = IO::Socket::UNIX->new(Local => $at{"-G"}, Listen => 1) or die;
sleep 1 while 1;
`;

let home = "";
let program = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-own-"));
  program = join(home, "babeld");
  writeFileSync(program, pretended);
  chmodSync(program, 0o755);
});
const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
  rmSync(home, { recursive: true, force: true });
});

function own(
  interfaces: readonly string[] = ["tollb0"],
  announce: readonly string[] = ["10.1.0.0/16"],
) {
  const babeld = ownBabeld({
    directory: join(home, "run"),
    interfaces: () => interfaces,
    announce: announce as readonly Prefix[],
    refuse: ["172.31.1.2/32" as Prefix],
    program,
  });
  ending.push(() => Effect.runPromise(babeld.end));
  return babeld;
}

const ensure = (babeld: ReturnType<typeof own>) => Effect.runPromise(babeld.ensure);

describe("a babeld of the agent's own", () => {
  test("is started on class-0 tunnels, announces what it is told and nothing else, and is kept from looping tunnels", async () => {
    const babeld = own();
    await ensure(babeld);
    const words = babeldOf(babeld.place.pidFile)?.words.join(" ") ?? "";
    expect(words).toContain(
      "interface tollb0 type wired rxcost 96 hello-interval 1 update-interval 15",
    );
    expect(words).toContain("redistribute local ip 10.1.0.0/16 allow");
    expect(words).toContain("in ip 172.31.1.2/32 deny");
    expect(words.indexOf("redistribute local deny")).toBeGreaterThan(words.indexOf("allow"));
    expect(words.endsWith(" tollb0")).toBe(true);
    expect(words).not.toContain(" -g ");
    expect(statSync(join(home, "run")).mode & 0o777).toBe(0o700);
  });

  test("one that runs as it should is taken over; for other tunnels it is ended, and another one started", async () => {
    const first = own();
    await ensure(first);
    const pid = babeldOf(first.place.pidFile)?.pid;
    const again = own();
    expect(again.outdated()).toBe(false);
    await ensure(again);
    expect(babeldOf(again.place.pidFile)?.pid).toBe(pid);
    const other = own(["tollb0", "tollc0"]);
    expect(other.outdated()).toBe(true);
    await ensure(other);
    expect(babeldOf(other.place.pidFile)?.pid).not.toBe(pid);
    expect(other.outdated()).toBe(false);
  });

  test("is ended by its process id, with everything that it had", async () => {
    const babeld = own();
    await ensure(babeld);
    const pid = babeldOf(babeld.place.pidFile)?.pid ?? 0;
    await Effect.runPromise(babeld.end);
    expect(() => process.kill(pid, 0)).toThrow();
    expect(existsSync(join(home, "run"))).toBe(false);
    await Effect.runPromise(babeld.end); // gone is fine
  });

  test("a process id that is somebody else's by now is never sent a signal", async () => {
    const babeld = own();
    await ensure(babeld);
    const before = readFileSync(babeld.place.pidFile, "latin1");
    writeFileSync(babeld.place.pidFile, `${process.pid}`);
    expect(babeldOf(babeld.place.pidFile)).toBeUndefined();
    expect(await Effect.runPromise(readFeasibility(babeld.place))).toBeUndefined();
    for (const text of ["", "0", "1", "-5", "99999999", "12; rm", "x".repeat(5000)]) {
      writeFileSync(babeld.place.pidFile, text);
      expect([text, babeldOf(babeld.place.pidFile)]).toEqual([text, undefined]);
    }
    writeFileSync(babeld.place.pidFile, before);
  });

  test("tells which routes are feasible, by its log", async () => {
    const babeld = own();
    await ensure(babeld);
    const dump = await Effect.runPromise(readFeasibility(babeld.place));
    expect([...(dump?.feasible ?? [])]).toEqual(["10.0.0.0/8 fe80::1 x"]);
    expect(
      await Effect.runPromise(readFeasibility({ ...babeld.place, logFile: join(home, "none") })),
    ).toBeUndefined();
  });

  test("one that cannot be started is an error with words; too much to announce is refused", async () => {
    await expect(
      ensure(
        own(
          ["x".repeat(4)],
          Array.from({ length: wordLimit + 1 }, () => "10.0.0.0/8"),
        ),
      ),
    ).rejects.toThrow(`more than ${wordLimit}`);
    writeFileSync(program, "#!/usr/bin/perl\nexit 1;\n");
    await expect(ensure(own())).rejects.toThrow("ended at once");
    rmSync(program);
    await expect(ensure(own())).rejects.toThrow("not installed");
  });
});
