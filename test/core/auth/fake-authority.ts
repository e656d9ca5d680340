import { createHttpHeaders, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline';

export interface SeenTokenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: URLSearchParams;
}

export interface TokenReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  /** Breaks the connection instead of answering. */
  readonly breaks?: boolean;
  /** Answers only when the request is aborted. */
  readonly hangs?: boolean;
}

/** A sign-in service at the network edge: discovery works, other requests get the scripted replies, then tokens. */
export function fakeAuthority(origin = 'https://login.lab.example') {
  const seen: SeenTokenRequest[] = [];
  const script: TokenReply[] = [];
  let issued = 0;
  const httpClient: HttpClient = {
    async sendRequest(request) {
      if (request.abortSignal?.aborted) throw new Error('aborted');
      if (request.url.includes('/.well-known/')) return respond(request, { body: discovery(request.url, origin) });
      seen.push({
        method: request.method,
        url: request.url,
        headers: request.headers.toJSON(),
        form: new URLSearchParams(typeof request.body === 'string' ? request.body : ''),
      });
      const reply = script.shift();
      if (reply?.breaks) throw new Error('socket hang up: client_secret=MARKED-IN-TRANSPORT-ERROR');
      if (reply?.hangs) {
        return new Promise((_resolve, reject) => {
          request.abortSignal?.addEventListener('abort', () => reject(new Error('aborted')));
        });
      }
      issued += 1;
      return respond(
        request,
        reply ?? { body: { token_type: 'Bearer', expires_in: 3599, access_token: `token-${issued}` } },
      );
    },
  };
  return {
    httpClient,
    seen,
    /** Scripts the next answers. */
    next: (...replies: TokenReply[]) => {
      script.push(...replies);
    },
  };
}

/** The body of a refusal as Entra writes it. */
export function refusal(code: number, error = 'invalid_client', description = 'Something is wrong.') {
  return {
    error,
    error_description: `AADSTS${code}: ${description} Trace ID: 33333333-3333-4333-8333-333333333333 Correlation ID: x Timestamp: 2026-01-01 00:00:00Z`,
    error_codes: [code],
    timestamp: '2026-01-01 00:00:00Z',
    trace_id: '33333333-3333-4333-8333-333333333333',
    correlation_id: '44444444-4444-4444-8444-444444444444',
  };
}

function discovery(url: string, origin: string): unknown {
  const tenant = new URL(url).pathname.split('/')[1];
  return {
    issuer: `${origin}/${tenant}/v2.0`,
    authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/devicecode`,
    jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
  };
}

function respond(request: PipelineRequest, { status = 200, headers = {}, body }: TokenReply) {
  const isText = typeof body === 'string';
  return {
    request,
    status,
    headers: createHttpHeaders({ 'content-type': isText ? 'text/html' : 'application/json', ...headers }),
    bodyAsText: isText ? body : JSON.stringify(body ?? {}),
  };
}
