import { type GraphCatalog, loadGraphCatalog } from '../../core/apis/graph/catalog/load-catalog.ts';
import { lazy } from '../../core/base/lazy.ts';
import { type AccessTokenClaims, bearerToken, checkAccessToken, type TokenProblem } from '../base/access-token.ts';
import { buildFaultAnswer } from '../base/fault-answers.ts';
import type { FaultQueue } from '../base/faults.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { type CarryOut, createService, isJson } from '../base/service-frame.ts';
import { unansweredChallenge } from '../entra/claims-challenge.ts';
import { graphAppId } from '../seed/applications.ts';
import { answerDelta } from './delta/answer-delta.ts';
import { isDrivePath } from './drive/drive-path.ts';
import { buildErrorResponse, GraphError, notModelled } from './graph-error.ts';
import { answerMetadata, isMetadataRequest } from './metadata.ts';
import { checkMethod } from './methods.ts';
import { parseGraphPath } from './parse-path.ts';
import type {
  GraphCallContext,
  GraphCaller,
  GraphDispatch,
  GraphHandler,
  GraphParts,
  ParsedGraphPath,
} from './parsed-path.ts';
import { checkPermission, checkUnmodelled } from './permissions.ts';
import { createReadHandler } from './reads/read-handler.ts';
import { handleReports } from './reports/registration-details.ts';
import { handleRoleManagement } from './roles/role-management.ts';

interface GraphServiceOptions extends GraphParts {
  /** Faults for the items of a batch. */
  readonly faults: Pick<FaultQueue, 'take'>;
}

/** What a request needs in addition to itself. */
interface InnerParts extends GraphServiceOptions {
  /** Loaded at the first request. */
  readonly catalog: () => Promise<GraphCatalog>;
  readonly read: GraphHandler;
  readonly dispatchItem: GraphDispatch;
}

/** Microsoft Graph: authentication, permissions, throttling, and headers around the handlers. */
export function createGraphService(options: GraphServiceOptions): SandboxService {
  const dispatchItem: GraphDispatch = async (request, context) => {
    const item = { ...request, isBatchItem: true };
    const fault = options.faults.take({ ...item, service: 'graph' });
    if (fault?.status === undefined) return service.handle(item, context);
    return buildFaultAnswer({ ...fault, status: fault.status }, 'graph', item, context);
  };
  const catalog = lazy(loadGraphCatalog);
  const inner: InnerParts = { ...options, read: createReadHandler(), dispatchItem, catalog: () => catalog.get() };
  const service = createService({
    name: 'graph',
    answer: (request, context, carryOut) => answer(request, context, inner, carryOut),
    refusal: GraphError,
    answerRefusal: buildErrorResponse,
    headers: standardHeaders,
  });
  return service;
}

async function answer(
  request: SandboxRequest,
  context: SandboxContext,
  parts: InnerParts,
  carryOut: CarryOut,
): Promise<SandboxResponse> {
  if (isMetadataRequest(request)) return answerMetadata();
  const leave = parts.throttle.arrive(request, context);
  try {
    const caller = await authenticate(request, context);
    const { operations } = await parts.catalog();
    const called = { ...context, caller, operations };
    const parsed = authorize(request, called);
    const { refusal, headers } = parts.throttle.admit(parsed, request, called);
    return refusal ?? (await carryOut(headers, () => handle(parsed, request, called, parts)));
  } finally {
    leave();
  }
}

/** Names of relationships and sets: options and versions in a path are no segments anywhere. */
const unknownSegment = /^Resource not found for the segment '(?!\$|v1\.0'|beta')/;

/** The parsed path of a request whose caller may make it. */
function authorize(request: SandboxRequest, context: GraphCallContext): ParsedGraphPath {
  const { method, rawPath, rawQuery } = request;
  const [, version = '', path = ''] = /^\/([^/]*)(.*)$/s.exec(rawPath) ?? [];
  try {
    const parsed = parseGraphPath(rawPath, rawQuery);
    checkPermission(parsed, method, context, path);
    return parsed;
  } catch (error) {
    // What there is without a model here has permissions all the same.
    const isUnknown = error instanceof GraphError && error.status === 400 && unknownSegment.test(error.message);
    if (isUnknown && checkUnmodelled(path, { method, version }, context)) throw notModelled(`${method} ${path}`);
    throw error;
  }
}

function handle(
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  context: GraphCallContext,
  parts: InnerParts,
): Promise<SandboxResponse> {
  checkMethod(parsed, request.method);
  if (!parsed.isModelled) throw notModelled(`${request.method} ${parsed.template}`);
  if (parsed.operation !== '$batch') return handlerOf(parsed, request.method, parts)(parsed, request, context);
  if (request.isBatchItem) throw new GraphError(400, 'BadRequest', 'Batch requests cannot be nested.');
  return parts.batch(request, context, parts.dispatchItem);
}

const mailNames = ['messages', 'mailFolders', 'sendMail'];

function handlerOf(parsed: ParsedGraphPath, method: string, { mail, drive, read, write }: InnerParts): GraphHandler {
  if (parsed.names[0] === 'roleManagement') return handleRoleManagement;
  if (parsed.names[0] === 'reports') return handleReports;
  if (isDrivePath(parsed)) return drive;
  if (parsed.names.some((name) => mailNames.includes(name))) return mail;
  if (method !== 'GET' && method !== 'HEAD') return write;
  return parsed.operation === 'delta' ? answerDelta : read;
}

async function authenticate(request: SandboxRequest, context: SandboxContext): Promise<GraphCaller> {
  const check = await verifyAccessToken(bearerToken(request), [request.base, graphAppId], context);
  if (!check.ok) throw unauthenticated('InvalidAuthenticationToken', check.message, request, context);
  const { claims } = check;
  if (claims.oid === undefined) {
    const message = 'The identity of the calling application could not be established.';
    throw unauthenticated('Authorization_IdentityNotFound', message, request, context);
  }
  const challenge = unansweredChallenge(claims, context);
  if (challenge !== undefined) {
    const message =
      'Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp';
    throw unauthenticated('InvalidAuthenticationToken', message, request, context, challenge);
  }
  return {
    isApp: claims.idtyp === 'app',
    appId: claims.appid,
    tenantId: claims.tid,
    objectId: claims.oid,
    roles: claims.idtyp === 'app' ? claims.roles : claims.scp,
  };
}

/** Messages of the 401 with code `InvalidAuthenticationToken`. */
const tokenMessages: Readonly<Record<TokenProblem, string>> = {
  missing: 'Access token is empty.',
  malformed:
    'IDX14100: JWT is not well formed, there are no dots (.). The token needs to be in JWS or JWE Compact Serialization Format.',
  signature: 'Access token validation failure. Invalid signature.',
  audience: 'Access token validation failure. Invalid audience.',
  expired: 'Lifetime validation failed, the token is expired.',
  tenant: 'Access token validation failure. Invalid issuer.',
};

/** The claims of a token, or the message with which Graph refuses it. */
export async function verifyAccessToken(
  token: string | undefined,
  audience: string | readonly string[],
  context: SandboxContext,
): Promise<
  { readonly ok: true; readonly claims: AccessTokenClaims } | { readonly ok: false; readonly message: string }
> {
  const check = await checkAccessToken(token, [audience].flat(), context);
  return check.ok ? check : { ok: false, message: tokenMessages[check.problem] };
}

/** Source of the header's format: "Microsoft Graph authentication errors" and responses of the service. */
function unauthenticated(
  code: string,
  message: string,
  request: SandboxRequest,
  context: SandboxContext,
  claims?: string,
): GraphError {
  const authority = `${context.addressOf(request, 'login')}/common/oauth2/authorize`;
  const plain = `Bearer realm="", authorization_uri="${authority}", client_id="00000003-0000-0000-c000-000000000000"`;
  const asked = claims === undefined ? '' : Buffer.from(claims).toString('base64');
  const challenge = claims === undefined ? plain : `${plain}, error="insufficient_claims", claims="${asked}"`;
  return new GraphError(401, code, message, { headers: { 'www-authenticate': challenge } });
}

const jsonContentType =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';

const diagnostic = JSON.stringify({
  ServerInfo: { DataCenter: 'Sandbox', Slice: 'E', Ring: '1', ScaleUnit: '001', RoleInstance: 'AGSFE_IN_1' },
});

/** Headers of every response, including errors. */
function standardHeaders(response: SandboxResponse, request: SandboxRequest, context: SandboxContext) {
  return {
    'cache-control': 'no-cache',
    vary: 'Accept-Encoding',
    'strict-transport-security': 'max-age=31536000',
    'request-id': request.requestId,
    'client-request-id': request.headers['client-request-id'] ?? request.requestId,
    'x-ms-ags-diagnostic': diagnostic,
    date: new Date(context.clock.now()).toUTCString(),
    ...(response.status < 400 ? { 'odata-version': '4.0' } : {}),
    ...(isJson(response) && response.status < 400 ? { 'content-type': jsonContentType } : {}),
  };
}
