import type { IncomingMessage } from 'node:http';
import { isTooDeep, mostLevels } from '../json-depth.ts';
import { withoutByteOrderMark } from '../read-message.ts';

/** A parsed body, or the answer that refuses it. */
export type JsonBody =
  | { readonly body: unknown }
  | { readonly status: 400 | 413; readonly code: number; readonly message: string };

/** How many times the limit is read and discarded, so that the client can read the refusal. */
const patience = 8;

/** Reads at most `maxBytes` of JSON. Undefined where the client has gone, or was cut off for being too slow. */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<JsonBody | undefined> {
  const bytes = await readBytes(request, maxBytes);
  if (bytes === 'gone') return undefined;
  if (bytes === 'too large') {
    return { status: 413, code: -32600, message: `The request body is larger than ${maxBytes} bytes` };
  }
  if (isTooDeep(bytes)) {
    return { status: 400, code: -32700, message: `The request body is nested more than ${mostLevels} levels deep` };
  }
  try {
    return { body: JSON.parse(withoutByteOrderMark(bytes.toString('utf8'))) };
  } catch {
    return { status: 400, code: -32700, message: 'Parse error: the request body is not JSON' };
  }
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | 'gone'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
      } else {
        chunks.length = 0;
        if (size > maxBytes * patience) request.destroy();
      }
    });
    request.once('end', () => resolve(size > maxBytes ? 'too large' : Buffer.concat(chunks)));
    request.once('error', () => resolve('gone'));
    request.once('close', () => resolve('gone'));
  });
}
