import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";

/** A babeld that says what a test wants it to: its socket is real. */
export interface PretendBabeld {
  readonly say: (...lines: readonly string[]) => void;
  /** What it was told, line by line. */
  readonly heard: readonly string[];
  /** How often somebody connected. */
  readonly connections: () => number;
  readonly end: () => Promise<void>;
}

/** How it behaves. */
export interface Manners {
  /** What it says first; the greeting of babeld 1.12 unless told. */
  readonly greeting?: string;
  /** From this answer on it hears and says nothing; the greeting is number 0. */
  readonly silentFrom?: number;
}

const greeting = "BABEL 1.0\nversion babeld-1.12.1\nhost lab\nmy-id e8:4a:93:1c:04:f5:a2:95\nok\n";

/** Listens at once; whoever asks for `monitor` hears all that is said, from the beginning. */
export async function pretendBabeld(path: string, manners: Manners = {}): Promise<PretendBabeld> {
  rmSync(path, { force: true });
  const { silentFrom = Number.POSITIVE_INFINITY } = manners;
  const listeners = new Set<Socket>();
  const sockets = new Set<Socket>();
  const said: string[] = [];
  const heard: string[] = [];
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    let answers = 0;
    const answer = (text: string): void => {
      if (answers < silentFrom) socket.write(text);
      answers += 1;
    };
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      listeners.delete(socket);
    });
    answer(manners.greeting ?? greeting);
    socket.on("data", (part) => {
      for (const line of part.toString("latin1").split("\n").filter(Boolean)) {
        heard.push(line);
        if (line !== "monitor") answer("bad\n");
        else {
          answer(`${said.map((one) => `${one}\n`).join("")}ok\n`);
          listeners.add(socket);
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    heard,
    connections: () => connections,
    say: (...lines) => {
      for (const line of lines) said.push(line);
      for (const socket of listeners) socket.write(lines.map((one) => `${one}\n`).join(""));
    },
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
