import { createHash } from 'node:crypto';
import type { SandboxContext, SandboxRequest } from '../../service.ts';
import { GraphError } from '../graph-error.ts';

/** Where a list goes on. */
export interface PagePosition {
  /** Position in the list's own order at which the next page begins. */
  readonly from: number;
}

interface PageTokenPayload extends PagePosition {
  readonly use: 'page';
  /** Digest of the request that the token belongs to: path and query without the token. */
  readonly list: string;
  /** Whether the first page was asked for with `ConsistencyLevel: eventual`. */
  readonly eventual: boolean;
  readonly issuedAt: number;
}

/** Directory page tokens are short-lived. */
const lifetimeMs = 10 * 60_000;

const tokenOption = /(^|&)(\$|%24)skiptoken=([^&]*)/i;

/** Link to the next page: the request's own address with a token that nobody else can make. */
export function buildNextLink(
  request: SandboxRequest,
  position: PagePosition,
  eventual: boolean,
  context: SandboxContext,
): string {
  const list = listOf(request);
  const payload: PageTokenPayload = { use: 'page', ...position, list, eventual, issuedAt: context.clock.now() };
  const query = withoutToken(request.rawQuery);
  return `${request.base}${request.rawPath}?${query ? `${query}&` : ''}$skiptoken=${context.seal(payload)}`;
}

/**
 * The position in a request's page token; undefined on a first page. A token is worth something only with the request
 * that it was made for, in the same consistency mode, and for a while. Codes as the directory gives them: see "Advanced
 * query capabilities on Microsoft Entra ID objects" and "Paging Microsoft Graph data in your app".
 */
export function readPageToken(
  request: SandboxRequest,
  eventual: boolean,
  context: SandboxContext,
): PagePosition | undefined {
  const match = tokenOption.exec(request.rawQuery);
  if (!match) return undefined;
  const payload = context.open(match[3] ?? '');
  if (!isPageToken(payload) || payload.list !== listOf(request)) throw invalidToken();
  if (payload.eventual && !eventual) throw expiredToken();
  if (!payload.eventual && eventual) throw invalidToken();
  if (context.clock.now() - payload.issuedAt > lifetimeMs) throw expiredToken();
  return { from: payload.from };
}

function isPageToken(payload: unknown): payload is PageTokenPayload {
  return typeof payload === 'object' && payload !== null && 'use' in payload && payload.use === 'page';
}

function listOf(request: SandboxRequest): string {
  const text = `${request.rawPath}?${withoutToken(request.rawQuery)}`;
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

function withoutToken(rawQuery: string): string {
  return rawQuery
    .split('&')
    .filter((part) => part !== '' && !tokenOption.test(part))
    .join('&');
}

function expiredToken(): GraphError {
  const message = 'The specified page token value has expired and can no longer be included in your request.';
  return new GraphError(400, 'Directory_ExpiredPageToken', message);
}

function invalidToken(): GraphError {
  const message = 'Unable to execute query; invalid page token specified.';
  return new GraphError(400, 'Request_UnsupportedQuery', message);
}
