import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DoorOptions,
  door,
  guessShare,
  type Knock,
  requestShare,
  targetLimit,
} from "#agent/status-page/door.ts";

const password = "correct-horse-battery";
const ours: DoorOptions = { hosts: ["127.0.0.1", "[::1]", "router.lan"], password: undefined };
const guarded: DoorOptions = { ...ours, password };

const knock: Knock = {
  method: "GET",
  target: "/",
  host: "127.0.0.1:8470",
  authorization: undefined,
  body: false,
};

/** What a door that nobody has used yet says. */
const says = (change: Partial<Knock>, options = ours) =>
  door(options, 0)({ ...knock, ...change }, 0);
const statusOf = (change: Partial<Knock>, options = ours) => {
  const entry = says(change, options);
  return entry.kind === "in" ? 200 : entry.status;
};
const basic = (user: string, secret: string) =>
  `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;

describe("the door of the status page", () => {
  test("lets in whoever asks for one of its names, with or without a port", () => {
    for (const host of ["127.0.0.1", "127.0.0.1:8470", "[::1]:8470", "ROUTER.lan:80"]) {
      expect(says({ host })).toMatchObject({ kind: "in", path: "/" });
    }
  });

  test("turns away a name that was made to lead here (DNS rebinding), and no name at all", () => {
    for (const host of [
      undefined,
      "",
      "evil.example",
      "127.0.0.1.evil.example",
      "evil.example:8470",
      "127.0.0.1@evil.example",
      "router.lan,evil.example",
      "127.0.0.1:8470:1",
      "127.0.0.1 ",
    ]) {
      expect(statusOf({ host })).toBe(421);
    }
  });

  test("takes the password as a browser says it, with any user, and as Prometheus says it", () => {
    for (const authorization of [
      basic("", password),
      basic("me", password),
      `Bearer ${password}`,
      `bearer ${password}`,
    ]) {
      expect(statusOf({ authorization }, guarded)).toBe(200);
    }
  });

  test("refuses every other password, its prefixes and none at all, with the same words", () => {
    const wrong = [
      undefined,
      "",
      "Basic",
      "Basic !!!!",
      "Bearer ",
      `Bearer ${password} `,
      `Bearer ${password.slice(0, -1)}`,
      `Bearer ${password}x`,
      basic(password, ""),
      `Basic ${Buffer.from(password).toString("base64")}`,
      `Digest ${password}`,
    ];
    const answers = wrong.map((authorization) => says({ authorization }, guarded));
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]).toMatchObject({ kind: "out", status: 401 });
  });

  test("no text but the password opens it", () => {
    const enter = (authorization: string) => statusOf({ authorization }, guarded);
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        fc.pre(text !== password);
        expect(enter(`Bearer ${text}`)).toBe(401);
        expect(enter(basic("x", text))).toBe(401);
        expect(enter(text)).toBe(401);
      }),
    );
  });

  test("without the password every path, method and body has the same answer", () => {
    const entries = [
      { target: "/" },
      { target: "/api/status" },
      { target: "/no/such/page" },
      { target: "/../../etc/passwd" },
      { target: `/${"x".repeat(5000)}` },
      { method: "POST" },
      { body: true },
    ].map((change) => JSON.stringify(says(change, guarded)));
    expect(new Set(entries).size).toBe(1);
    expect(entries[0]).toContain("401");
  });

  test("nothing but reading is a method here, and nothing has a body", () => {
    expect(statusOf({ method: "HEAD" })).toBe(200);
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", ""]) {
      expect(statusOf({ method })).toBe(405);
    }
    expect(statusOf({ body: true })).toBe(413);
  });

  test.each([
    "/../etc/passwd",
    "/..%2fetc%2fpasswd",
    "/%2e%2e/etc/passwd",
    "/a/../../b",
    "//evil.example/",
    "/page.js/..",
    "/page.js%00.html",
    "/page\\..\\x",
    "http://127.0.0.1/",
    "*",
    "",
    "/a/b/c/d",
    "/PAGE.JS",
    "/page.js\n",
    "/.git/config",
    "/constructor/__proto__",
  ])("the path trick %j leads nowhere", (target) => {
    expect(statusOf({ target })).toBe(404);
  });

  test("a target of the longest length is looked at, one character more is not", () => {
    const target = (length: number) => `/?${"x".repeat(length - 2)}`;
    expect(statusOf({ target: target(targetLimit) })).toBe(200);
    expect(statusOf({ target: target(targetLimit + 1) })).toBe(414);
  });

  test("whatever the target is, what comes in is a plain path without dots that lead up", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        const entry = says({ target: `/${text}` });
        if (entry.kind === "in")
          expect(entry.path).toMatch(/^\/$|^(?:\/[a-z0-9][a-z0-9-]*(?:\.[a-z]{2,4})?)+$/);
      }),
    );
  });

  test("a flood is answered with 429 and costs nothing more; a second later there is room", () => {
    const enter = door(ours, 0);
    const answers = Array.from({ length: requestShare.burst + 50 }, () => enter(knock, 0));
    expect(answers.filter(({ kind }) => kind === "in")).toHaveLength(requestShare.burst);
    expect(enter(knock, 0)).toMatchObject({ kind: "out", status: 429 });
    expect(enter(knock, 1000).kind).toBe("in");
  });

  test("guesses run out sooner than requests, and the right password still opens then", () => {
    const enter = door(guarded, 0);
    const guess = () => enter({ ...knock, authorization: "Bearer wrong" }, 0);
    const answers = Array.from({ length: guessShare.burst + 1 }, guess);
    expect(answers.at(-2)).toMatchObject({ status: 401 });
    expect(answers.at(-1)).toMatchObject({ status: 429 });
    expect(enter({ ...knock, authorization: `Bearer ${password}` }, 0).kind).toBe("in");
  });
});
