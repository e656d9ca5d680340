import http from 'node:http';
import https from 'node:https';
import type { HttpHeaders, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';

export type CreateHeaders = () => HttpHeaders;

/** Path and query as they are in the URL: links of the service must arrive byte for byte. */
export function wirePath(url: string): string {
  const path = /^https?:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] ?? '';
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return rooted.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

/** A request of our own pipeline: its body is at hand, its answer is read as a stream, and its signal bounds its time. */
export function isPlain(request: PipelineRequest): boolean {
  const { body, timeout, tlsSettings, formData, multipartBody, onDownloadProgress, onUploadProgress } = request;
  const isAtHand = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const isSpecial = tlsSettings ?? formData ?? multipartBody ?? onDownloadProgress ?? onUploadProgress;
  const isStreamed = request.streamResponseStatusCodes?.has(Number.POSITIVE_INFINITY) === true;
  return isAtHand && isStreamed && timeout === 0 && isSpecial === undefined;
}

/**
 * Sends a plain request. The library's transport does the same with twice the work: it watches the signal twice, copies
 * the headers and prepares for streams that a plain request does not have, which is half of the cost of a small GET.
 */
export function sendPlain(
  request: PipelineRequest,
  agent: http.Agent,
  createHeaders: CreateHeaders,
): Promise<PipelineResponse> {
  const { abortSignal } = request;
  const isSecure = /^https:/i.test(request.url);
  if (!isSecure && request.allowInsecureConnection !== true) {
    return Promise.reject(new Error('The request is not encrypted.'));
  }
  if (abortSignal?.aborted) return Promise.reject(new Error('The request was given up.'));
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(request.url);
    const options = {
      ...request.requestOverrides,
      agent,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: wirePath(request.url),
      method: request.method,
      headers: request.headers.toJSON({ preserveCase: true }),
    };
    const sent = isSecure ? https.request(options) : http.request(options);
    const giveUp = () => sent.destroy(new Error('The request was given up.'));
    abortSignal?.addEventListener('abort', giveUp);
    sent.on('close', () => abortSignal?.removeEventListener('abort', giveUp));
    // Also after the answer has begun: then whoever reads the answer hears of it, and this is one time too many.
    sent.on('error', reject);
    sent.on('response', (received) => resolve(toResponse(request, received, createHeaders())));
    sent.end(request.body);
  });
}

function toResponse(request: PipelineRequest, received: http.IncomingMessage, headers: HttpHeaders): PipelineResponse {
  for (const [name, value] of Object.entries(received.headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first) headers.set(name, first);
  }
  const status = received.statusCode ?? 0;
  if (request.method === 'HEAD') {
    // No body follows, and reading to the end keeps the connection.
    received.resume();
    return { request, status, headers };
  }
  return { request, status, headers, readableStreamBody: received };
}
