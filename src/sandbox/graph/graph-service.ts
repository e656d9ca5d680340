import { buildFaultAnswer } from '../base/fault-answer.ts';
import type { FaultQueue } from '../base/faults.ts';
import { unansweredChallenge } from '../entra/claims-challenge.ts';
import { verifyAccessToken } from '../entra/verify-access-token.ts';
import { graphAppId } from '../seed/applications.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../service.ts';
import { answerDelta } from './delta/answer-delta.ts';
import { isDrivePath } from './drive/drive-path.ts';
import { buildErrorResponse, GraphError, notModelled } from './graph-error.ts';
import { parseGraphPath } from './parse-path.ts';
import type {
  GraphCallContext,
  GraphCaller,
  GraphDispatch,
  GraphHandler,
  GraphParts,
  ParsedGraphPath,
} from './parsed-path.ts';
import { checkPermission } from './permissions.ts';
import { createReadHandler } from './reads/read-handler.ts';

export interface GraphServiceOptions extends GraphParts {
  /** Faults that strike items of a batch. */
  readonly faults: Pick<FaultQueue, 'take'>;
}

interface InnerParts extends GraphServiceOptions {
  readonly read: GraphHandler;
}

/** Microsoft Graph: authentication, permissions, throttling and headers around the handlers. */
export function createGraphService(options: GraphServiceOptions): SandboxService {
  const inner: InnerParts = { ...options, read: createReadHandler() };
  const answer: GraphDispatch = async (request, context) => {
    const response = await answerOrFail(request, context, inner, dispatchItem);
    return withStandardHeaders(response, request, context);
  };
  const dispatchItem: GraphDispatch = async (request, context) => {
    const item = { ...request, isBatchItem: true };
    const fault = options.faults.take({ ...item, service: 'graph' });
    if (fault?.status === undefined) return answer(item, context);
    return buildFaultAnswer({ ...fault, status: fault.status }, 'graph', item, context);
  };
  return { name: 'graph', handle: answer };
}

async function answerOrFail(
  request: SandboxRequest,
  context: SandboxContext,
  options: InnerParts,
  dispatchItem: GraphDispatch,
): Promise<SandboxResponse> {
  try {
    const caller = await authenticate(request, context);
    const parsed = parseGraphPath(request.rawPath, request.rawQuery);
    checkPermission(parsed, request.method, caller.roles);
    return await admitAndHandle(parsed, request, { ...context, caller }, options, dispatchItem);
  } catch (error) {
    if (error instanceof GraphError) return buildErrorResponse(error, request, context);
    throw error;
  }
}

async function admitAndHandle(
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  context: GraphCallContext,
  options: InnerParts,
  dispatchItem: GraphDispatch,
): Promise<SandboxResponse> {
  const admission = options.throttle.admit(parsed, request, context);
  try {
    if (admission.refusal) return admission.refusal;
    const response = await handle(parsed, request, context, options, dispatchItem);
    return { ...response, headers: { ...response.headers, ...admission.headers } };
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const response = buildErrorResponse(error, request, context);
    return { ...response, headers: { ...response.headers, ...admission.headers } };
  } finally {
    admission.done();
  }
}

async function handle(
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  context: GraphCallContext,
  options: InnerParts,
  dispatchItem: GraphDispatch,
): Promise<SandboxResponse> {
  if (!parsed.isModelled) throw notModelled(`${request.method} ${parsed.template}`);
  if (parsed.operation === '$batch') return handleBatch(request, context, options, dispatchItem);
  return handlerOf(parsed, request.method, options)(parsed, request, context);
}

function handleBatch(
  request: SandboxRequest,
  context: GraphCallContext,
  { batch }: GraphParts,
  dispatchItem: GraphDispatch,
): Promise<SandboxResponse> {
  if (request.method !== 'POST') throw new GraphError(405, 'MethodNotAllowed', 'A batch is sent with POST.');
  if (request.isBatchItem) throw new GraphError(400, 'BadRequest', 'Batch requests cannot be nested.');
  return batch(request, context, dispatchItem);
}

const mailNames = ['messages', 'mailFolders', 'sendMail'];

function handlerOf(parsed: ParsedGraphPath, method: string, { mail, drive, read, write }: InnerParts): GraphHandler {
  if (isDrivePath(parsed)) return drive;
  if (parsed.names.some((name) => mailNames.includes(name))) return mail;
  if (method !== 'GET' && method !== 'HEAD') return write;
  return parsed.operation === 'delta' ? answerDelta : read;
}

async function authenticate(request: SandboxRequest, context: SandboxContext): Promise<GraphCaller> {
  const [, token] = /^bearer\s+(.*)$/i.exec(request.headers['authorization'] ?? '') ?? [];
  const check = await verifyAccessToken(token, [request.base, graphAppId], context);
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

/** Source of the header's form: "Microsoft Graph authentication errors" and the answers of the service. */
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

/** Headers that every answer carries, errors included. */
function withStandardHeaders(
  response: SandboxResponse,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
  const isJson = typeof response.body === 'object' && response.body !== null && !(response.body instanceof Uint8Array);
  return {
    ...response,
    headers: {
      'cache-control': 'no-cache',
      vary: 'Accept-Encoding',
      'strict-transport-security': 'max-age=31536000',
      'request-id': request.requestId,
      'client-request-id': request.headers['client-request-id'] ?? request.requestId,
      'x-ms-ags-diagnostic': diagnostic,
      date: new Date(context.clock.now()).toUTCString(),
      ...(response.status < 400 ? { 'odata-version': '4.0' } : {}),
      ...(isJson && response.status < 400 ? { 'content-type': jsonContentType } : {}),
      ...response.headers,
    },
  };
}
