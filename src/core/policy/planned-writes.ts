import type { HttpMethod, QueryParams } from '../http/api-client.ts';
import { queryRecord } from '../http/url-text.ts';
import { unknownSegment } from './addresses/address.ts';
import type { PlannedWrite } from './guard.ts';
import type { PolicyService } from './policy.ts';

/** What making an app with a service principal and roles sends, as far as it is known before the app has its ids. */
export function writesOfNewApp(
  scopes: readonly string[],
  credential: 'addPassword' | 'federatedIdentityCredentials',
): readonly PlannedWrite[] {
  const upsert = { headers: { Prefer: 'create-if-missing' }, body: {} };
  const write = (method: HttpMethod, address: string, rest: Partial<WriteAddress> = {}) =>
    planWrite('graph', '', { method, address, ...rest });
  return [
    write('PATCH', `/applications/${unknownSegment}`, upsert),
    write('PATCH', `/servicePrincipals/${unknownSegment}`, upsert),
    write('POST', `/applications/${unknownSegment}/${credential}`),
    ...scopes.map((scope) =>
      planWrite('arm', '', {
        method: 'PUT',
        address: `${scope}/providers/Microsoft.Authorization/roleAssignments/${unknownSegment}`,
      }),
    ),
  ];
}

/** A write as tools know it. */
interface WriteAddress {
  readonly method: HttpMethod;
  /** Absolute, or below the root of the API. */
  readonly address: string;
  readonly params?: QueryParams | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
}

/** Brings a write into the form in which policy looks at it. `root` is that of the API in the connection's cloud. */
export function planWrite(api: PolicyService, root: string, write: WriteAddress): PlannedWrite {
  const { method, address, params = {}, headers = {}, body } = write;
  const [path = '', query = ''] = withoutRoot(address, root).split(/\?(.*)/s, 2);
  const given = Object.entries(params).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, String(value)] as const],
  );
  return {
    api,
    method,
    wirePath: path,
    query: queryRecord([...new URLSearchParams(query), ...given]),
    headers,
    body,
  };
}

function withoutRoot(address: string, root: string): string {
  const text = address.trim();
  if (!/^https?:\/\//i.test(text)) return text;
  const path = text.replace(/^https?:\/\/[^/?#]*/i, '');
  const below = URL.parse(root)?.pathname.replace(/\/$/, '') ?? '';
  return path.startsWith(below) ? path.slice(below.length) : path;
}
