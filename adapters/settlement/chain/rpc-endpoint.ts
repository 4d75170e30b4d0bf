import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { RpcError } from "./rpc-error.ts";

/** One node of a chain that is asked over JSON-RPC. */
export interface RpcEndpoint {
  /** How it is called in words for people: never what stands behind the host's name, nor a password. */
  readonly name: string;
  /** One call, one answer. @throws RpcError */
  readonly call: (method: string, params: readonly unknown[]) => Promise<unknown>;
}

/** The longest answer that is read, in bytes: a block's worth of our logs is far less. */
export const answerLimit = 1 << 20;

/** How long an answer may take, in ms. */
export const answerTime = 10_000;

/** What is quoted of an answer that nobody understands, in characters. */
const quoteLimit = 60;

/**
 * An endpoint by its URL: `http://`, `https://`, or `unix:/path` for HTTP over a local socket. Asks with
 * Node's own client, connection after connection, because a router has no memory for a larger one.
 * @throws RpcError where the text is no such URL.
 */
export function rpcEndpoint(url: string, time = answerTime): RpcEndpoint {
  const { name, secure, options } = destination(url);
  let number = 0;
  return {
    name,
    call: async (method, params) => {
      number += 1;
      const id = number; // several calls may be under way
      const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
      return understand(name, await post(name, secure, options, body, time), id);
    },
  };
}

interface Destination {
  readonly name: string;
  readonly secure: boolean;
  readonly options: RequestOptions;
}

function destination(url: string): Destination {
  const local = /^unix:(\/[^\s]{1,106})$/.exec(url)?.[1];
  if (local !== undefined) {
    const options = { socketPath: local, path: "/", host: "localhost" };
    return { name: `unix:${local}`, secure: false, options };
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new RpcError("malformed", "an endpoint is an http:// or https:// URL, or unix:/path");
  }
  const { hostname, port, pathname, search, username, password } = parsed;
  const auth = username === "" ? {} : { auth: `${username}:${password}` };
  const host = hostname.replace(/^\[|\]$/g, "");
  return {
    name: parsed.host,
    secure: parsed.protocol === "https:",
    options: { host, port, path: `${pathname}${search}`, ...auth },
  };
}

function post(
  name: string,
  secure: boolean,
  options: RequestOptions,
  body: string,
  time: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const send = secure ? httpsRequest : httpRequest;
    const asked = send({ ...options, method: "POST", headers, agent: false }, (answer) => {
      readAll(name, answer).then(resolve, reject);
    });
    const timer = setTimeout(() => {
      reject(new RpcError("too slow", `${name} did not answer in ${time / 1000} s`));
      asked.destroy();
    }, time);
    asked.on("close", () => clearTimeout(timer));
    asked.on("error", (error: NodeJS.ErrnoException) => {
      const why = error.code ?? "no connection";
      reject(new RpcError("unreachable", `${name} cannot be reached (${why})`));
    });
    asked.end(body);
  });
}

function readAll(name: string, answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    answer.on("data", (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size <= answerLimit) return;
      reject(new RpcError("too long", `${name} answered with more than ${answerLimit} bytes`));
      answer.destroy();
    });
    answer.on("error", () => reject(new RpcError("unreachable", `${name} hung up`)));
    answer.on("end", () => {
      if (answer.statusCode === 429) {
        return reject(new RpcError("busy", `${name} asks to be asked less often (HTTP 429)`));
      }
      resolve(Buffer.concat(parts).toString("utf8"));
    });
  });
}

/** An answer of JSON-RPC 2.0, before anything of it is believed. */
interface RpcAnswer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

function understand(name: string, text: string, id: number): unknown {
  const answer = parsed(text);
  if (answer === undefined || answer.id !== id) {
    const quoted = JSON.stringify(text.slice(0, quoteLimit));
    throw new RpcError("malformed", `${name} does not speak JSON-RPC: it answered ${quoted}`);
  }
  const { error, result } = answer;
  if (error !== undefined && error !== null) throw refusal(name, error);
  if (result === undefined) throw new RpcError("malformed", `${name} answered without a result`);
  return result;
}

function parsed(text: string): RpcAnswer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value;
  } catch {
    return undefined;
  }
}

function refusal(name: string, error: unknown): RpcError {
  const { code, message, data } = (typeof error === "object" ? error : {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly data?: unknown;
  };
  const words = typeof message === "string" ? message.slice(0, 300) : "no words";
  const reverted = typeof data === "string" && /^0x[0-9a-f]*$/i.test(data) ? data : undefined;
  return new RpcError(
    "refused",
    `${name}: ${words}`,
    typeof code === "number" ? code : undefined,
    reverted,
  );
}
