import type { HttpClient } from '@azure/core-rest-pipeline';
import { createHttpHeaders } from '@azure/core-rest-pipeline';

/** One request as it arrived. */
export interface ArrivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface ServedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface ArmService extends HttpClient {
  readonly arrived: readonly ArrivedRequest[];
  /** `METHOD path?query` of everything that arrived. */
  seen(): readonly string[];
}

/** Whatever answers at the network edge, in place of Resource Manager. */
export function armService(
  answer: (request: ArrivedRequest, index: number) => ServedAnswer | Promise<ServedAnswer>,
): ArmService {
  const arrived: ArrivedRequest[] = [];
  return {
    arrived,
    seen: () => arrived.map(({ method, url }) => `${method} ${url.pathname}${url.search}`),
    async sendRequest(request) {
      const headers = request.headers.toJSON();
      const one = {
        method: request.method,
        url: new URL(request.url),
        authorization: headers['authorization'],
        headers,
        body: typeof request.body === 'string' ? JSON.parse(request.body) : undefined,
      };
      arrived.push(one);
      const { status, headers: sent = {}, body } = await answer(one, arrived.length - 1);
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
      return {
        request,
        status,
        headers: createHttpHeaders({ ...(text === '' ? {} : { 'content-type': 'application/json' }), ...sent }),
        bodyAsText: text,
      };
    },
  };
}
