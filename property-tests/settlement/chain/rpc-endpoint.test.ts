import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { answerLimit, rpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import { RpcError } from "#adapters/settlement/chain/rpc-error.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server on loopback that answers so; its URL. */
function serving(listener: RequestListener, path?: string): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  return new Promise((resolve) => {
    const done = () => {
      const address = server.address();
      resolve(
        typeof address === "object" && address !== null
          ? `http://127.0.0.1:${address.port}`
          : `unix:${path}`,
      );
    };
    if (path === undefined) server.listen(0, "127.0.0.1", done);
    else server.listen(path, done);
  });
}

const answering =
  (text: string, status = 200): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(status);
    response.end(text);
  };

const problemOf = async (url: string, time?: number): Promise<RpcError> => {
  const error = await rpcEndpoint(url, time)
    .call("eth_chainId", [])
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  if (!(error instanceof RpcError)) throw new Error(`no RpcError: ${String(error)}`);
  return error;
};

const right = JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x7a69" });

describe("an endpoint", () => {
  test("answers over HTTP, and over a socket in the file system", async () => {
    expect(await rpcEndpoint(await serving(answering(right))).call("eth_chainId", [])).toBe(
      "0x7a69",
    );
    const home = mkdtempSync(join(tmpdir(), "meshtoll-rpc-"));
    try {
      const url = await serving(answering(right), join(home, "rpc.sock"));
      expect(await rpcEndpoint(url).call("eth_chainId", [])).toBe("0x7a69");
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  test("that answers HTML, half a text, another id or nothing does not speak JSON-RPC", async () => {
    const texts = [
      "<html><body>Bad gateway</body></html>",
      right.slice(0, 20),
      right.replace('"id":1', '"id":2'),
      "[]",
      "null",
      "",
      '{"jsonrpc":"2.0","id":1}',
    ];
    for (const text of texts) {
      expect((await problemOf(await serving(answering(text)))).problem, text).toBe("malformed");
    }
    const html = await problemOf(await serving(answering(texts[0] ?? "")));
    expect(html.message).toContain("Bad gateway");
  });

  test("that says too much is cut off, and the rest is not read", async () => {
    const long = await serving(answering("x".repeat(answerLimit + 1)));
    expect((await problemOf(long)).problem).toBe("too long");
  });

  test("that does not answer is given up, and one that is not there too", async () => {
    const silent = await serving(() => undefined);
    expect((await problemOf(silent, 100)).problem).toBe("too slow");
    const gone = await serving(answering(right));
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    expect(await problemOf(gone)).toMatchObject({ problem: "unreachable" });
  });

  test("that asks to be asked less often is told apart", async () => {
    expect((await problemOf(await serving(answering("slow down", 429)))).problem).toBe("busy");
  });

  test("whose node refuses tells its words, its code and what a contract returned", async () => {
    const error = { code: 3, message: "execution reverted", data: "0xdeadbeef" };
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, error });
    expect(await problemOf(await serving(answering(text)))).toMatchObject({
      problem: "refused",
      code: 3,
      data: "0xdeadbeef",
    });
  });

  test("keeps what may be a secret of its URL out of every message and name", async () => {
    const url = (await serving(answering("<html>"))).replace("127.0.0.1", "user:secret@127.0.0.1");
    const endpoint = rpcEndpoint(`${url}/v3/apikey?token=hidden`);
    expect(endpoint.name).toMatch(/^127\.0\.0\.1:\d+$/);
    const { message } = await problemOf(`${url}/v3/apikey?token=hidden`);
    expect(message).not.toMatch(/secret|apikey|hidden/);
  });

  test("several calls at once get each its own answer", async () => {
    const url = await serving((request, response) => {
      let body = "";
      request.on("data", (part) => {
        body += String(part);
      });
      request.on("end", () => {
        const { id, params } = JSON.parse(body) as { id: number; params: number[] };
        const answer = JSON.stringify({ jsonrpc: "2.0", id, result: params[0] });
        setTimeout(() => response.end(answer), 30 - 3 * (params[0] ?? 0));
      });
    });
    const { call } = rpcEndpoint(url);
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(await Promise.all(numbers.map((n) => call("echo", [n])))).toEqual(numbers);
  });

  test("with another URL than http, https or unix is refused with words", () => {
    for (const url of ["ftp://example.net", "example.net", "unix:relative", ""]) {
      expect(() => rpcEndpoint(url), url).toThrow(/http:\/\/ or https:\/\/ URL, or unix:\/path/);
    }
  });
});
