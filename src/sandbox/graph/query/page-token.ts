import { createHash } from 'node:crypto';
import { isRecord } from '../../../core/base/guards.ts';
import type { SandboxContext, SandboxRequest } from '../../base/service.ts';
import { GraphError, unsupportedQuery } from '../graph-error.ts';

interface PageToken {
  readonly use: 'page';
  /** Position in the list where the next page begins. */
  readonly from: number;
  /** Hash of the token's request: path and query without the token. */
  readonly list: string;
  /** Whether the first page was requested with `ConsistencyLevel: eventual`. */
  readonly eventual: boolean;
  readonly issuedAt: number;
}

/** Directory page tokens are short-lived. */
const lifetimeMs = 10 * 60_000;

/** Link to the next page, with a token that cannot be forged. */
export function buildNextLink(
  request: SandboxRequest,
  from: number,
  eventual: boolean,
  context: SandboxContext,
): string {
  const list = listOf(request);
  const payload: PageToken = { use: 'page', from, list, eventual, issuedAt: context.clock.now() };
  return addressWith(request, '$skiptoken', context.seal(payload));
}

/**
 * The position in a request's page token; undefined on a first page. A token is valid only for its request, in the same
 * consistency mode, and for a limited time. For the codes, see "Advanced query capabilities on Microsoft Entra ID
 * objects" and "Paging Microsoft Graph data in your app".
 */
export function readPageToken(request: SandboxRequest, eventual: boolean, context: SandboxContext): number | undefined {
  const [, token] = /(?:^|&)(?:\$|%24)skiptoken=([^&]*)/i.exec(request.rawQuery) ?? [];
  if (token === undefined) return undefined;
  const payload = openSealed<PageToken>(token, 'page', context);
  if (payload?.list !== listOf(request)) throw invalidToken();
  if (payload.eventual && !eventual) throw expiredToken();
  if (!payload.eventual && eventual) throw invalidToken();
  if (context.clock.now() - payload.issuedAt > lifetimeMs) throw expiredToken();
  return payload.from;
}

function listOf({ rawPath, rawQuery }: SandboxRequest): string {
  const text = `${rawPath}?${partsWithout('$skiptoken', rawQuery).join('&')}`;
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** The request's URL with a different value of an option. */
export function addressWith({ base, rawPath, rawQuery }: SandboxRequest, option: string, value: string): string {
  return `${base}${rawPath}?${[...partsWithout(option, rawQuery), `${option}=${value}`].join('&')}`;
}

function partsWithout(option: string, rawQuery: string): readonly string[] {
  const named = new RegExp(`^(?:\\$|%24)${option.slice(1)}=`, 'i');
  return rawQuery.split('&').filter((part) => part !== '' && !named.test(part));
}

/** What was sealed for this use; undefined for a forged token or a token for another use. */
export function openSealed<T extends { readonly use: string }>(
  token: string,
  use: T['use'],
  context: SandboxContext,
): T | undefined {
  const payload = context.open(token);
  // Only the sandbox seals tokens, and each use has one shape.
  return isRecord(payload) && payload['use'] === use ? (payload as unknown as T) : undefined;
}

function expiredToken(): GraphError {
  const message = 'The specified page token value has expired and can no longer be included in your request.';
  return new GraphError(400, 'Directory_ExpiredPageToken', message);
}

function invalidToken(): GraphError {
  return unsupportedQuery('Unable to execute query; invalid page token specified.');
}
