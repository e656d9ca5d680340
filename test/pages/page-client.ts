import { request as httpRequest } from 'node:http';

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request as it is written here: no browser adds or forbids a header. */
export function send(address: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(address, { method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.once('error', reject);
    request.end(body);
  });
}

/** The page after its first visit: address, cookie, and the token of its form. */
export async function visit({ url }: { readonly url: string }) {
  const first = await send(url);
  const cookie = String(first.headers['set-cookie']).split(';')[0] ?? '';
  const { origin } = new URL(url);
  const address = `${origin}${first.headers['location']}`;
  const page = await send(address, { headers: { cookie } });
  const token = /data-token="([^"]+)"/.exec(page.body)?.[1] ?? '';
  return { first, page, address, cookie, origin, token };
}

export type Visited = Awaited<ReturnType<typeof visit>>;

/** Sends the form of a visited page. */
export function post(
  { address, origin, cookie, token }: Visited,
  changes: Ask['headers'] = {},
  values: unknown = { a: 'b' },
  action = 'complete',
) {
  const headers = { 'content-type': 'application/json', origin, cookie, ...changes };
  return send(`${address}/${action}`, { method: 'POST', headers, body: JSON.stringify({ token, values }) });
}

/** Follows the events of a visited page until it tells this phase. */
export function untilPhase({ address, cookie }: Visited, phase: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${address}/events`, { headers: { cookie }, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (!text.includes(`"phase":"${phase}"`)) return;
        request.destroy();
        resolve();
      });
      response.once('end', () => reject(new Error(`The page ended without the phase ${phase}: ${text}`)));
    });
    request.on('error', reject);
    request.end();
  });
}
