import type { ServerResponse } from 'node:http';
import type { HttpRefusal } from './gate.ts';

/** Answers JSON that nobody keeps. */
export function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

/** Ends a request before MCP sees it. */
export function refuse(response: ServerResponse, { status, headers = {}, body }: HttpRefusal): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  answer(response, status, body);
}

/** A refusal as clients of JSON-RPC read it: of no request in particular. */
export function rpcRefusal(status: number, message: string, headers: HttpRefusal['headers'] = {}): HttpRefusal {
  return { status, headers, body: { jsonrpc: '2.0', error: { code: -32000, message }, id: null } };
}
