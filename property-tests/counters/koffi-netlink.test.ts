import { execFileSync } from "node:child_process";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { describe, expect, test } from "vitest";
import { genericAnswer, genericFamily } from "#adapters/netlink/generic-netlink.ts";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { Netlink, type NetlinkSocket, netlinkProtocols } from "#adapters/netlink/netlink.ts";

const withSocket = <A>(use: (socket: NetlinkSocket) => A): Promise<A> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const netlink = yield* Netlink;
      return use(yield* netlink.open(netlinkProtocols.generic, 0));
    }).pipe(Effect.scoped, Effect.provide(koffiNetlink)),
  );

describe("netlink with the kernel of this machine", () => {
  test("an empty socket says so at once", async () => {
    expect(await withSocket((socket) => socket.receive())).toEqual(
      Result.succeed({ kind: "Empty" }),
    );
  });

  test("the controller knows itself, and every family in a dump", async () => {
    const { id, families } = await withSocket((socket) => ({
      id: genericFamily(socket, "nlctrl"),
      families: genericAnswer(socket, {
        family: 16,
        version: 1,
        command: 3,
        attributes: [],
        dump: true,
      }),
    }));
    expect(id).toEqual(Result.succeed(16));
    const ids = Result.getOrThrow(families).map(({ attributes }) =>
      attributes.some(({ type, value }) => type === 1 && value.length === 2),
    );
    expect(ids.length).toBeGreaterThan(0);
    expect(ids).not.toContain(false);
  });

  test("a family that nobody has is refused with ENOENT, and the socket stays usable", async () => {
    const [none, id] = await withSocket((socket) => [
      genericFamily(socket, "no_such_family"),
      genericFamily(socket, "nlctrl"),
    ]);
    expect(none !== undefined && Result.isFailure(none) && none.failure.errorNumber).toBe(2);
    expect(id).toEqual(Result.succeed(16));
  });

  test("a name longer than the kernel's is refused by the kernel, not cut", async () => {
    const outcome = await withSocket((socket) => genericFamily(socket, "x".repeat(40)));
    expect(Result.isFailure(outcome) && outcome.failure.problem).toBe("refused");
  });

  test("closed sockets are closed: a thousand one after another leave none open", async () => {
    const open = () => Number(execFileSync("sh", ["-c", `ls /proc/${process.pid}/fd | wc -l`]));
    await withSocket(() => {});
    const before = open();
    for (let i = 0; i < 1000; i++) await withSocket(() => {});
    expect(open()).toBeLessThan(before + 100);
  });

  test("where koffi does not load, opening fails as unavailable", () => {
    const script = `
      import { registerHooks } from "node:module";
      registerHooks({ resolve: (name, context, next) => {
        if (name === "koffi") throw new Error("no koffi here");
        return next(name, context);
      } });
      const Effect = await import("effect/Effect");
      const { Netlink } = await import("#adapters/netlink/netlink.ts");
      const { koffiNetlink } = await import("#adapters/netlink/koffi-netlink.ts");
      const open = Effect.flatMap(Netlink, (netlink) => netlink.open(16, 0));
      const error = await Effect.runPromise(
        Effect.flip(open).pipe(Effect.scoped, Effect.provide(koffiNetlink)));
      console.log(error._tag, error.problem);
    `;
    const words = ["--input-type=module", "--eval", script];
    const printed = execFileSync(process.execPath, words, { encoding: "utf8" });
    expect(printed.trim()).toBe("NetlinkError unavailable");
  });
});
