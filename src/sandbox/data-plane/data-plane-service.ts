import type { ArmResource, ArmStore } from '../arm/arm-store.ts';
import { bearerToken, checkAccessToken } from '../base/access-token.ts';
import { createRouter, type RoutePath } from '../base/router.ts';
import type { DataService, SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { createService, Refusal } from '../base/service-frame.ts';

/** What the data planes use in addition to the request. */
export interface DataPlaneParts {
  readonly arm: ArmStore;
}

export interface DataPlaneCall extends DataPlaneParts {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly account: ArmResource;
  readonly query: URLSearchParams;
}

/** The same, with a verified token. */
export interface SignedInCall extends DataPlaneCall {
  readonly objectId: string;
  /** Named parts of the path. */
  readonly params: Readonly<Record<string, string>>;
}

export interface DataPlaneRoute extends RoutePath {
  isFor?(query: URLSearchParams): boolean;
  handle(call: SignedInCall): SandboxResponse;
}

/** What differs between data planes. */
export interface DataPlane {
  readonly name: DataService;
  readonly accountType: string;
  /** General audience of the service. The account's address is also accepted. */
  readonly audience: string;
  readonly unknownAccount: { readonly code: string; readonly message: string };
  /** Checks before authentication. A response here needs no token. */
  open(call: DataPlaneCall): SandboxResponse | undefined;
  unauthenticated(problem: 'missing' | 'audience' | 'invalid', call: DataPlaneCall): SandboxResponse;
  /** Checks an authenticated call before routing. */
  check?(call: SignedInCall): void;
  readonly routes: readonly DataPlaneRoute[];
  /** Patterns of route parameters. */
  readonly patterns?: Readonly<Record<string, string>>;
  /** Describes a call without a route. */
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

/** The account at the address. Its name is the first label of the host or, on a port, the last part of the path. */
function findAccount(request: SandboxRequest, type: string, arm: ArmStore): ArmResource | undefined {
  const [, label, path] = /^https?:\/\/([^./]+)[^/]*(?:\/.*?([^/]*))?$/.exec(request.base) ?? [];
  const name = (path ?? label ?? '').toLowerCase();
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
