import type { ArmResource, ArmStore } from '../arm/arm-store.ts';
import { bearerToken, checkAccessToken } from '../base/access-token.ts';
import { createRouter, type RoutePath } from '../base/router.ts';
import type { DataService, SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { createService, Refusal } from '../base/service-frame.ts';

/** What the data planes work with besides the request. */
export interface DataPlaneParts {
  readonly arm: ArmStore;
}

/** A request to one account. */
export interface DataPlaneCall extends DataPlaneParts {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly account: ArmResource;
  readonly query: URLSearchParams;
}

/** The same after its token was taken. */
export interface SignedInCall extends DataPlaneCall {
  readonly objectId: string;
  /** Parts of the path that the route names. */
  readonly params: Readonly<Record<string, string>>;
}

export interface DataPlaneRoute extends RoutePath {
  isFor?(query: URLSearchParams): boolean;
  handle(call: SignedInCall): SandboxResponse;
}

/** What differs from data plane to data plane. */
export interface DataPlane {
  readonly name: DataService;
  readonly accountType: string;
  /** Audience of the service in general; the account's own address counts too. */
  readonly audience: string;
  readonly unknownAccount: { readonly code: string; readonly message: string };
  /** What is looked at before a token; an answer here needs none. */
  open(call: DataPlaneCall): SandboxResponse | undefined;
  unauthenticated(problem: 'missing' | 'audience' | 'invalid', call: DataPlaneCall): SandboxResponse;
  /** Looks at a signed-in call before its route is looked for. */
  check?(call: SignedInCall): void;
  readonly routes: readonly DataPlaneRoute[];
  /** Patterns of parameters of the routes. */
  readonly patterns?: Readonly<Record<string, string>>;
  /** How a call without a route is called. */
  describe(call: DataPlaneCall): string;
  answerRefusal(refusal: Refusal, request: SandboxRequest, context: SandboxContext): SandboxResponse;
  headers?(response: SandboxResponse, request: SandboxRequest): Readonly<Record<string, string>>;
}

export function createDataPlane(plane: DataPlane, { arm }: DataPlaneParts): SandboxService {
  const findRoute = createRouter(plane.routes, plane.patterns);
  return createService({
    ...plane,
    async answer(request, context) {
      const account = findAccount(request, plane.accountType, arm);
      if (!account) throw new Refusal(404, plane.unknownAccount.code, plane.unknownAccount.message);
      const call: DataPlaneCall = { request, context, arm, account, query: new URLSearchParams(request.rawQuery) };
      const answer = plane.open(call);
      if (answer) return answer;
      const caller = await authenticate(call, plane.audience);
      if (caller.problem) return plane.unauthenticated(caller.problem, call);
      const signedIn: SignedInCall = { ...call, objectId: caller.objectId, params: {} };
      plane.check?.(signedIn);
      const path = request.rawPath.replaceAll(/%24/gi, '$');
      const match = findRoute(request.method, path, (route) => route.isFor?.(call.query) ?? true);
      if (match) return match.route.handle({ ...signedIn, params: match.params });
      throw new Refusal(501, 'NotImplemented', `The sandbox does not emulate ${plane.describe(call)}.`);
    },
    refusal: Refusal,
  });
}

/** The account behind the address: its name is the first label of the host, or the last part of the path on a port. */
function findAccount(request: SandboxRequest, type: string, arm: ArmStore): ArmResource | undefined {
  const name = (/^https:\/\/([^./]+)\./.exec(request.base)?.[1] ?? request.base.split('/').at(-1) ?? '').toLowerCase();
  for (const resource of arm.resources()) {
    if (resource.type.toLowerCase() === type.toLowerCase() && resource.name.toLowerCase() === name) return resource;
  }
  return undefined;
}

async function authenticate(
  { request, context }: DataPlaneCall,
  audience: string,
): Promise<{ readonly problem: 'missing' | 'audience' | 'invalid' } | { problem?: undefined; objectId: string }> {
  const token = bearerToken(request);
  if (token === undefined || !/^\S+$/.test(token)) return { problem: 'missing' };
  const check = await checkAccessToken(token, [audience, request.base], context);
  if (!check.ok) return { problem: check.problem === 'audience' ? 'audience' : 'invalid' };
  return check.claims.oid === undefined ? { problem: 'invalid' } : { objectId: check.claims.oid };
}

/** Resources of a type below an account, by the last part of their names. */
export function childNames({ account, arm }: DataPlaneCall, type: string): readonly string[] {
  const found: string[] = [];
  for (const resource of arm.resources(account.id)) {
    if (resource.type.toLowerCase() === type.toLowerCase()) found.push(resource.name.split('/').at(-1) ?? '');
  }
  return found.sort();
}

/** Text as the content of an XML element. */
export function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
