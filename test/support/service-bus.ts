import https from 'node:https';
import rhea, { type Connection, type EventContext, type Sender } from 'rhea';
import { WebSocketServer } from 'ws';
import type { TestCertificate } from './test-certificate.ts';

export interface TestServiceBusOptions {
  /** Claims that the token gives on the namespace. */
  readonly claims: readonly ('Manage' | 'Send' | 'Listen')[];
  /** Accepts AMQP sockets but never responds. */
  readonly silent?: boolean;
  /** Refuses the WebSocket itself, like a proxy without WebSocket support. */
  readonly withoutWebSockets?: boolean;
}

/** Management endpoint and message broker of a namespace on one local port, like the service on port 443. */
export interface TestServiceBus {
  readonly port: number;
  /** Tokens put over AMQP, with their type and audience. */
  readonly tokens: { readonly token: string; readonly type: string; readonly audience: string }[];
  /** Requested links: `send orders`, `manage orders`. */
  readonly links: string[];
  readonly openSockets: () => number;
  /** Settles with the first WebSocket. */
  readonly connected: Promise<void>;
  /** Settles when no WebSocket is open. */
  readonly closed: () => Promise<void>;
  close(): Promise<void>;
}

export async function startServiceBus(
  certificate: TestCertificate,
  options: TestServiceBusOptions,
): Promise<TestServiceBus> {
  const tokens: TestServiceBus['tokens'] = [];
  const links: string[] = [];
  const connected = Promise.withResolvers<void>();
  let idle = Promise.withResolvers<void>();
  const container = createBroker(options, tokens, links);
  const server = https.createServer({ cert: certificate.cert, key: certificate.key }, (_request, response) => {
    const isManager = options.claims.includes('Manage');
    response.writeHead(isManager ? 200 : 401, { 'content-type': 'application/xml' });
    response.end(isManager ? '<feed xmlns="http://www.w3.org/2005/Atom" />' : unauthorizedBody);
  });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (protocols) => (protocols.has('AMQPWSB10') ? 'AMQPWSB10' : false),
  });
  server.on('upgrade', (request, socket, head) => {
    if (options.withoutWebSockets || request.url !== '/$servicebus/websocket') {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('close', () => {
        if (sockets.clients.size === 0) idle.resolve();
      });
      if (!options.silent) container.websocket_accept(webSocket as never, {} as never);
      connected.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    tokens,
    links,
    openSockets: () => sockets.clients.size,
    connected: connected.promise,
    closed: () => {
      if (sockets.clients.size === 0) return Promise.resolve();
      idle = Promise.withResolvers<void>();
      return idle.promise;
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const unauthorizedBody =
  "<Error><Code>401</Code><Detail>Unauthorized: Unauthorized access for 'Manage' operation on endpoint 'sb://contoso.servicebus.windows.net/$Resources/queues'. SubCode=40100: Unauthorized. TrackingId:1_G1, SystemTracker:contoso, Timestamp:2026</Detail></Error>";

function createBroker(options: TestServiceBusOptions, tokens: TestServiceBus['tokens'], links: string[]) {
  const container = rhea.create_container({ receiver_options: { max_message_size: 262_144 } } as never);
  container.sasl_server_mechanisms.enable_anonymous();
  const may = (claim: 'Send' | 'Listen') => options.claims.includes(claim) || options.claims.includes('Manage');

  // Without a listener the library writes to the console.
  container.on('disconnected', () => undefined);
  // What the client sends to.
  container.on('receiver_open', ({ receiver }: EventContext) => {
    const address = receiver?.target?.address ?? '';
    // Without its own target, a link counts as refused.
    receiver?.set_target({ address } as never);
    if (address === '$cbs') return;
    const isManagement = address.endsWith('/$management');
    links.push(`${isManagement ? 'manage' : 'send'} ${address.replace('/$management', '')}`);
    const claim = isManagement ? 'Listen' : 'Send';
    if (!may(claim)) {
      receiver?.close({
        condition: 'amqp:unauthorized-access',
        description: `Unauthorized access. '${claim}' claim(s) are required to perform this operation.`,
      });
    }
  });
  container.on('sender_open', ({ sender }: EventContext) => {
    const address = sender?.source?.address ?? '';
    sender?.set_source({ address } as never);
    if (address.endsWith('/$management') && !may('Listen')) {
      sender?.close({
        condition: 'amqp:unauthorized-access',
        description: "Unauthorized access. 'Listen' claim(s) are required to perform this operation.",
      });
    }
  });
  container.on('message', ({ message, connection }: EventContext) => {
    const properties = message?.application_properties ?? {};
    if (properties['operation'] === 'put-token') {
      tokens.push({
        token: String(message?.body),
        type: String(properties['type']),
        audience: String(properties['name']),
      });
    }
    const isPeek = properties['operation'] === 'com.microsoft:peek-message';
    reply(connection, String(message?.reply_to), {
      correlation_id: message?.message_id as string,
      application_properties: isPeek
        ? { statusCode: 204, statusDescription: 'No messages' }
        : { 'status-code': 202, 'status-description': 'Accepted' },
      body: undefined,
    });
  });
  return container;
}

/** Responds through the link that the client opened for responses. */
function reply(connection: Connection, replyTo: string, message: Parameters<Sender['send']>[0]): void {
  const link = connection.find_sender(
    (sender: Sender) => sender.name === replyTo || sender.target?.address === replyTo,
  ) as Sender | undefined; // the library's types leave it open
  link?.send(message);
}
