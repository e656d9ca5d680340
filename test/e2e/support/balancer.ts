import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before several nodes as a load balancer does: one address for clients, which the nodes are known by. */
export interface Balancer {
  /** An origin. */
  readonly url: string;
  readonly port: number;
  /** Where requests go whose header `x-node` has this name. */
  add(node: string, port: number): void;
  close(): Promise<void>;
}

/** Passes every request on as it is, to the node that its header `x-node` names. */
export async function startBalancer(): Promise<Balancer> {
  const nodes = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const port = nodes.get(String(headers['x-node']));
    if (port === undefined) {
      outgoing.writeHead(503).end();
      return;
    }
    const passed = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  // A TCP server has an address of this shape once it listens.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    add: (node, nodePort) => void nodes.set(node, nodePort),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
