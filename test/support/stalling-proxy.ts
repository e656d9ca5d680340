import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on loopback that can hold everything back, like a server that hangs. */
export interface StallingProxy {
  readonly port: number;
  /** Holds back what comes from now on, in both directions; new connections too. */
  stall(): void;
  /** Lets everything through, what was held back first. */
  resume(): void;
  /** Ends all connections. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startStallingProxy(target: number): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes: Buffer) => to.write(bytes));
      if (isStalled) from.pause();
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
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
    resume() {
      isStalled = false;
      each((socket) => socket.resume());
    },
    cut: () => each((socket) => socket.destroy()),
    async stop() {
      each((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
