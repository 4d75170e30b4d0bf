import { connect } from "node:net";
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import type { Reader } from "#agent/status-page/web-server.ts";
import { heard, raw, served } from "./served.ts";

let asked: string[] = [];
const echo: Reader = (path) =>
  Effect.sync(() => {
    asked.push(path);
    return { status: 200, type: "text/plain", body: `you asked for ${path}` };
  });

const head = "Host: 127.0.0.1\r\nConnection: close\r\n";

describe("the server of the status page", () => {
  test("says with every answer, good or bad, that nothing from elsewhere belongs to it", () =>
    served(echo, async (port) => {
      for (const path of ["/", "/..", "/api/status"]) {
        const { headers } = await fetch(`http://127.0.0.1:${port}${path}`);
        const policy = headers.get("content-security-policy") ?? "";
        expect(policy).toContain("default-src 'none'");
        expect(policy).not.toContain("unsafe-inline");
        expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        expect(headers.get("access-control-allow-origin")).toBeNull();
      }
    }));

  test("a wrong password, or none, reaches no reader, whatever the path", () => {
    asked = [];
    return served(
      echo,
      async (port) => {
        const url = `http://127.0.0.1:${port}/api/status`;
        const none = await fetch(url);
        expect(none.status).toBe(401);
        expect(none.headers.get("www-authenticate")).toContain("Basic");
        const wrong = await fetch(url, { headers: { authorization: "Bearer nonsense" } });
        expect(wrong.status).toBe(401);
        expect(asked).toEqual([]);
        const right = await fetch(url, {
          headers: { authorization: "Bearer a-long-enough-password" },
        });
        expect(await right.text()).toBe("you asked for /api/status");
        expect(asked).toEqual(["/api/status"]);
      },
      { password: "a-long-enough-password" },
    );
  });

  test("a request for another host reaches no reader", () =>
    served(echo, async (port) => {
      asked = [];
      const answer = await raw(port, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
      expect(answer).toMatch(/^HTTP\/1\.1 421 /);
      expect(asked).toEqual([]);
    }));

  test.each([
    ["bytes that are no request", "\x16\x03\x01\x02\x00\x01\x00"],
    ["a request without its end of line", "GET /\r\n\r\n"],
    [
      "two lengths of one body",
      `POST / HTTP/1.1\r\n${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    ],
    [
      "a length and chunks",
      `GET / HTTP/1.1\r\n${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["a proxy's request", "CONNECT example.org:80 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
    [
      "an upgrade",
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\n`,
    ],
    ["a header that is too long", `GET / HTTP/1.1\r\n${head}X: ${"x".repeat(9000)}\r\n\r\n`],
    ["very many headers", `GET / HTTP/1.1\r\n${head}${"X: y\r\n".repeat(3000)}\r\n`],
  ])("%s reaches no reader and ends the connection; the next caller is served", (_, text) =>
    served(echo, async (port) => {
      asked = [];
      expect(await raw(port, text)).not.toContain("you asked");
      expect(asked).toEqual([]);
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    }),
  );

  test("a body is refused before it is read, however long it would become", () =>
    served(echo, async (port) => {
      const socket = connect(port, "127.0.0.1");
      const answer = heard(socket);
      socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000\r\n\r\n`);
      expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    }));

  test("headers that drip are cut off at their deadline, not kept by each drop", () =>
    served(
      echo,
      async (port) => {
        const socket = connect(port, "127.0.0.1");
        const answer = heard(socket);
        socket.write("GET / HTTP/1.1\r\n");
        const drops = setInterval(() => socket.write("X-Drop: 1\r\n"), 10);
        expect(await answer).not.toContain("200");
        clearInterval(drops);
      },
      { limits: { headerTime: 200 } },
    ));

  test("a caller that does not read is cut off, and its place is free for others", () => {
    const big: Reader = (path) =>
      path === "/big"
        ? Effect.succeed({ status: 200, type: "text/plain", body: "x".repeat(20_000_000) })
        : echo(path, new URLSearchParams());
    return served(
      big,
      async (port) => {
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => {});
        socket.pause();
        socket.write(`GET /big HTTP/1.1\r\n${head}\r\n`);
        await new Promise((resolve) => socket.once("connect", resolve));
        // There is one place: whoever is answered now was let in after the other was cut off.
        let answer = "";
        while (answer === "") answer = await raw(port, `GET / HTTP/1.1\r\n${head}\r\n`);
        expect(answer).toContain("you asked for /");
        socket.destroy();
      },
      { limits: { connections: 1, connectionTime: 300 } },
    );
  });

  test("more callers than allowed are turned away, and there is room again afterwards", () =>
    served(
      echo,
      async (port) => {
        const idle = [0, 1, 2].map(() => connect(port, "127.0.0.1"));
        await Promise.all(
          idle.map((one) => new Promise((resolve) => one.once("connect", resolve))),
        );
        expect(await raw(port, `GET / HTTP/1.1\r\n${head}\r\n`)).toBe("");
        for (const socket of idle) socket.destroy();
        let answer = "";
        while (answer === "") answer = await raw(port, `GET / HTTP/1.1\r\n${head}\r\n`);
        expect(answer).toContain("you asked for /");
      },
      { limits: { connections: 3 } },
    ));

  test("a flood is turned away with 429, and the page answers again afterwards", () =>
    served(echo, async (port) => {
      const ask = async () => {
        const answer = await raw(port, `GET / HTTP/1.1\r\n${head}\r\n`);
        return answer.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length);
      };
      const statuses: string[] = [];
      while (!statuses.includes("429")) {
        statuses.push(...(await Promise.all(Array.from({ length: 20 }, ask))));
      }
      expect(statuses).toContain("200");
      while ((await ask()) !== "200") await new Promise((resolve) => setImmediate(resolve));
    }));

  test("a reader that throws is an error for its caller, and for nobody else", () => {
    const bad: Reader = (path) =>
      path === "/die" ? Effect.die(new Error("boom")) : Effect.fail({ words: "not today" });
    return served(bad, async (port) => {
      const died = await fetch(`http://127.0.0.1:${port}/die`);
      expect([died.status, await died.text()]).toEqual([500, "a fault: Error: boom\n"]);
      const failed = await fetch(`http://127.0.0.1:${port}/`);
      expect([failed.status, await failed.text()]).toEqual([503, "not today\n"]);
    });
  });

  test("HEAD has the headers of GET and no body", () =>
    served(echo, async (port) => {
      const { status, headers } = await fetch(`http://127.0.0.1:${port}/`, { method: "HEAD" });
      expect([status, headers.get("content-length")]).toEqual([200, "15"]);
    }));
});
