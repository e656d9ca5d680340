import { readClaims, type TokenClaims } from '../../../auth/token-claims.ts';
import type { CallContext } from '../../../base/call-context.ts';
import type { AppError, ErrorChanges } from '../../../base/errors.ts';
import { isRecord, textOf } from '../../../base/guards.ts';
import type { ApiRequest } from '../../../http/api-client.ts';
import type { DescribedRequest } from '../../../http/api-descriptor.ts';
import type { TokenSource } from '../../../http/token-source.ts';
import { pathSegments } from '../advanced/directory-path.ts';
import { readQueryOptions } from '../advanced/plan-query.ts';
import type { GraphCatalog } from '../catalog/load-catalog.ts';
import { appHasNoMe, unknownProperty, unknownSegment } from '../hints/query.ts';
import { generalRefusal, namedPermissions } from '../hints/refusals.ts';
import { explainMethod, explainProperty, explainSegment } from './names.ts';
import { explainRefusal, type Needs } from './refusal.ts';

export interface ExplainerOptions {
  /** With `audience`: lets a refusal say whether the token has the permission that is missing. */
  readonly tokens?: TokenSource | undefined;
  readonly audience?: string | undefined;
  /** What Graph has. It takes a moment to load, so only errors do. */
  readonly catalog: () => Promise<GraphCatalog>;
}

/** Completes errors of Graph with what takes longer to find out than a rule takes: the catalog, the token. */
export interface GraphExplainer {
  /** What the error says in addition or instead; undefined where nothing more is known. Never throws. */
  explain(error: AppError, request: ApiRequest, call: CallContext): Promise<ErrorChanges | undefined>;
}

export function createExplainer(options: ExplainerOptions): GraphExplainer {
  return {
    async explain(error, request, call) {
      const changes = await explainMe(options, error, request, call);
      if (changes !== undefined) return changes;
      const reason = reasonOf(error);
      if (reason === undefined) return undefined;
      // The caller needs the error itself, even when it cannot be explained.
      const catalog = await options.catalog().catch(() => undefined);
      if (catalog === undefined) return undefined;
      const described = describe(request);
      switch (reason.kind) {
        case 'refusal': {
          const needs = needsOf(catalog, described, error);
          return needs && explainRefusal(catalog, needs, await claimsOf(options, call));
        }
        case 'segment':
          return explainSegment(catalog, described);
        case 'property':
          return explainProperty(catalog, described, reason);
        case 'method':
          return explainMethod(catalog, described);
      }
    },
  };
}

/** An app has no `/me`, whatever the service says about it. */
async function explainMe(options: ExplainerOptions, error: AppError, { path }: ApiRequest, call: CallContext) {
  const isAboutMe = pathSegments(path)[0] === 'me' && [400, 403, 404].includes(error.status ?? 0);
  if (!isAboutMe) return undefined;
  const claims = await claimsOf(options, call);
  return claims?.isPerson === false ? { hint: appHasNoMe } : undefined;
}

type Reason =
  | { readonly kind: 'refusal' | 'segment' | 'method' }
  | { readonly kind: 'property'; readonly property: string; readonly type: string | undefined };

const auditLogs = 'AuditLog.Read.All';

/** What a refused request takes: as the service says, or as the catalog knows. */
function needsOf(catalog: GraphCatalog, request: DescribedRequest, error: AppError): Needs | undefined {
  const said = namedPermissions(wordsOf(error)).flatMap((name) => catalog.permission(name)?.name ?? []);
  // Sign-in activity is part of the audit logs wherever it is shown: https://learn.microsoft.com/graph/api/resources/signinactivity
  const { $select = '', $filter = '' } = request.query;
  const named = said.length === 0 && /signInActivity/i.test(`${$select} ${$filter}`) ? [auditLogs] : said;
  if (named.length === 0) return catalog.operations.find(request.method, request.path);
  const choice = { least: named.slice(0, 1), accepted: named };
  return { application: choice, delegated: choice };
}

/** The service's own words. */
function wordsOf({ upstream }: AppError): string {
  return isRecord(upstream?.detail) ? textOf(upstream.detail['message']) : '';
}

/** What can be explained; undefined for everything that the rules have explained already. */
function reasonOf(error: AppError): Reason | undefined {
  const { code, status, hint } = error;
  if (code === 'permission_denied' && hint === generalRefusal) return { kind: 'refusal' };
  if (status === 405) return { kind: 'method' };
  if (status !== 400) return undefined;
  if (hint === unknownSegment) return { kind: 'segment' };
  const said = wordsOf(error);
  const [, ofBody] = /^Invalid property '([^']{1,200})'/i.exec(said) ?? [];
  if (ofBody !== undefined) return { kind: 'property', property: ofBody, type: undefined };
  if (hint !== unknownProperty) return undefined;
  const [, property, type] =
    /could not find a property named '([^']{1,200})'(?: on type '([\w.]{1,200})')?/i.exec(said) ?? [];
  return property === undefined ? undefined : { kind: 'property', property, type };
}

/** The request as its caller wrote it, with its options by name. */
function describe(request: ApiRequest): DescribedRequest {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.params ?? {})) {
    if (value !== undefined && value !== null) query[name] = String(value);
  }
  return { ...request, wirePath: request.path, query: { ...readQueryOptions(request), ...query } };
}

async function claimsOf({ tokens, audience }: ExplainerOptions, call: CallContext): Promise<TokenClaims | undefined> {
  if (tokens === undefined || audience === undefined) return undefined;
  const token = await tokens.getToken({ audience, caller: call.caller, signal: call.signal }).catch(() => undefined);
  return token === undefined ? undefined : readClaims(token.token);
}
