import { Agent, request } from 'node:http';

export interface LoadOptions {
  readonly url: string;
  /** Token of a person, by number. */
  readonly tokenOf: (person: number) => Promise<string>;
  /** A tool and its arguments for a call, by number. */
  readonly callOf: (call: number) => readonly [tool: string, args: Readonly<Record<string, unknown>>];
}

interface Reply {
  readonly status: number;
  readonly session: string | undefined;
  readonly text: string;
}

const modern = '2026-07-28';
const legacy = '2025-11-25';
const callsInTurn = 40;
/** All of them have called before the first look at the heap: what is kept for each is kept by then. */
const people = 200;

/**
 * Calls of many people over a few connections that are kept alive. Whose turn it is makes half of the calls in the modern
 * family and the other half in a session of the older one, and ends it.
 */
export class Load {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  readonly #options: LoadOptions;
  readonly #tokens = new Map<number, Promise<string>>();
  #made = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  get people(): number {
    return this.#tokens.size;
  }

  /** Goes on until so many calls have been made in all. Throws on the first answer that is none. */
  async until(calls: number): Promise<void> {
    const worker = async () => {
      while (this.#made < calls) {
        const turn = this.#made / callsInTurn;
        this.#made += callsInTurn;
        await this.#turnOf(turn % people);
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #turnOf(person: number): Promise<void> {
    const authorization = `Bearer ${await this.#tokenOf(person)}`;
    for (let call = 0; call < callsInTurn / 2; call++) {
      const params = { ...this.#params(call), _meta: envelope };
      const headers = { 'mcp-protocol-version': modern, 'mcp-method': 'tools/call', 'mcp-name': params.name };
      succeeded(await this.#post('tools/call', params, { authorization, ...headers }));
    }
    const opened = await this.#post('initialize', handshake, { authorization });
    if (opened.session === undefined) throw new Error(`No session: ${opened.status} ${opened.text}`);
    const headers = { authorization, 'mcp-session-id': opened.session, 'mcp-protocol-version': legacy };
    await this.#send('POST', headers, JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
    for (let call = 0; call < callsInTurn / 2; call++) {
      succeeded(await this.#post('tools/call', this.#params(call), headers));
    }
    await this.#send('DELETE', headers);
  }

  #tokenOf(person: number): Promise<string> {
    const token = this.#tokens.get(person) ?? this.#options.tokenOf(person);
    this.#tokens.set(person, token);
    return token;
  }

  #params(call: number) {
    const [name, args] = this.#options.callOf(call);
    return { name, arguments: args };
  }

  #post(method: string, params: unknown, headers: Readonly<Record<string, string>>): Promise<Reply> {
    return this.#send('POST', headers, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  }

  #send(method: string, headers: Readonly<Record<string, string>>, body = ''): Promise<Reply> {
    const kinds = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    return new Promise((resolve, reject) => {
      const sent = request(this.#options.url, { method, agent: this.#agent, headers: { ...kinds, ...headers } });
      sent.once('error', reject);
      sent.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('error', reject);
        response.once('end', () => {
          const session = response.headers['mcp-session-id'];
          resolve({
            status: response.statusCode ?? 0,
            session: typeof session === 'string' ? session : undefined,
            text,
          });
        });
      });
      sent.end(body);
    });
  }
}

const envelope = {
  'io.modelcontextprotocol/protocolVersion': modern,
  'io.modelcontextprotocol/clientInfo': { name: 'soak', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const handshake = { protocolVersion: legacy, capabilities: {}, clientInfo: { name: 'soak', version: '1' } };

function succeeded({ status, text }: Reply): void {
  if (status === 200 && text.includes('"success":true')) return;
  throw new Error(`A call failed: ${status} ${text.slice(0, 500)}`);
}
