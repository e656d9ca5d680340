import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { AppError } from '../base/errors.ts';

export interface ReadLimits {
  /** Largest body that is kept in memory, after decompression. */
  readonly maxBytes: number;
  /** Called for every part that arrives: the service is still talking. */
  onData(): void;
}

/** The error for a body that would not fit; the connection is closed, the rest is not read. */
function tooLarge(maxBytes: number): AppError {
  return new AppError('upstream_error', `The answer is larger than ${Math.floor(maxBytes / 1_048_576)} MiB.`, {
    hint: 'Ask for less at once: fewer properties with $select, or smaller pages with $top.',
  });
}

/** Reads the whole body. Rejects with whatever the stream fails with. */
export async function readBytes(response: PipelineResponse, limits: ReadLimits): Promise<Buffer> {
  const { readableStreamBody: stream, bodyAsText: text } = response;
  if (stream === undefined) {
    const bytes = Buffer.from(text ?? '', 'utf8');
    if (bytes.length > limits.maxBytes) throw tooLarge(limits.maxBytes);
    return bytes;
  }
  const bytes = await collect(stream, Number(response.headers.get('content-length') ?? 0), limits);
  return isGzip(response, bytes) ? decompress(bytes, limits.maxBytes) : bytes;
}

function collect(stream: NodeJS.ReadableStream, announced: number, limits: ReadLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const fail = (error: unknown) => {
      if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
      reject(error);
    };
    stream.on('error', fail);
    if (announced > limits.maxBytes) {
      fail(tooLarge(limits.maxBytes));
      return;
    }
    stream.on('data', (chunk: Buffer | string) => {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      sizeBytes += part.length;
      limits.onData();
      if (sizeBytes > limits.maxBytes) {
        fail(tooLarge(limits.maxBytes));
        return;
      }
      chunks.push(part);
    });
    const brokeOff = () => reject(Object.assign(new Error('The answer broke off.'), { code: 'ECONNRESET' }));
    // A stream that is torn down without `end` or `error` must not leave the call hanging.
    stream.on('close', brokeOff);
    stream.on('end', () => {
      stream.off('close', brokeOff);
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, sizeBytes));
    });
  });
}

/** The magic number decides: some transports have decompressed already and keep the header. */
function isGzip(response: PipelineResponse, bytes: Buffer): boolean {
  return response.headers.get('content-encoding') === 'gzip' && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function decompress(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new AppError('upstream_error', 'The answer is not what its Content-Encoding says.', {
      hint: 'Repeat the call; if it stays, a proxy between here and the service damages answers.',
      cause: error,
    });
  }
}
