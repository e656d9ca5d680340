import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on loopback that can hold everything back, like a server that hangs. */
export interface StallingProxy {
  readonly port: number;
  /** Holds back what comes from now on, in both directions; new connections too. */
  stall(): void;
  /** What the server says from now on comes so much later. */
  slow(afterMs: number): void;
  /** Lets everything through, what was held back first, and without delay. */
  resume(): void;
  /** Holds back one connection for ever, like a line that died without a word; named by its port at the server. */
  freeze(serverPort: number): void;
  /** How many bytes of the server have come through. */
  answered(): number;
  /** Ends all connections. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startStallingProxy(target: number): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  const frozen = new Set<Socket>();
  const held = new Set<() => void>();
  let isStalled = false;
  let delayMs = 0;
  let answered = 0;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        const pass = () => {
          held.delete(pass);
          if (from === upstream) answered += bytes.length;
          to.write(bytes);
        };
        if (from === upstream && delayMs > 0) {
          held.add(pass);
          setTimeout(() => held.has(pass) && pass(), delayMs).unref();
        } else {
          pass();
        }
      });
      if (isStalled) from.pause();
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        if (!frozen.has(from)) to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const each = (act: (socket: Socket) => void) => {
    for (const socket of sockets) act(socket);
  };
  return {
    // A server that listens on TCP has such an address.
    port: (server.address() as AddressInfo).port,
    stall() {
      isStalled = true;
      each((socket) => socket.pause());
    },
    slow(afterMs) {
      delayMs = afterMs;
    },
    resume() {
      isStalled = false;
      delayMs = 0;
      for (const pass of [...held]) pass();
      each((socket) => {
        if (!frozen.has(socket)) socket.resume();
      });
    },
    freeze(serverPort) {
      each((socket) => {
        if (socket.localPort !== serverPort) return;
        frozen.add(socket);
        socket.pause();
      });
    },
    answered: () => answered,
    cut: () => each((socket) => socket.destroy()),
    async stop() {
      each((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
