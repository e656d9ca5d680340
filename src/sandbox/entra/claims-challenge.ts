import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../core/base/guards.ts';
import { recordOf } from '../base/plain-object.ts';
import { parseJson } from '../base/read-request.ts';
import type { SandboxContext } from '../base/service.ts';
import { invalidRequest } from './oauth-error.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * The `claims` of a token request, which answer a resource's challenge; undefined if absent. Source: "Claims
 * challenges, claims requests and client capabilities".
 */
export function requestedClaims(form: ReadonlyMap<string, string>): Claims | undefined {
  const text = form.get('claims');
  if (text === undefined) return undefined;
  const parsed = parseJson(Buffer.from(text));
  if (isRecord(parsed)) return recordOf(parsed['access_token']);
  throw invalidRequest(90023, `The value of the parameter 'claims' is not a valid JSON object.`);
}

/**
 * The challenge that a token does not answer, as JSON. `placeObject('graph', 'claimsChallenge', { claims, client_id })`
 * turns challenges on for one app or for all; `{ claims: null }` turns them off. Source: "Continuous access evaluation
 * for workload identities".
 */
export function unansweredChallenge(
  token: { readonly appid: string; readonly requested: Claims },
  context: SandboxContext,
): string | undefined {
  const placed = context.placed('claimsChallenge');
  const newest = placed.at(-1);
  if (!newest || newest['claims'] === null) return undefined;
  if (newest['client_id'] !== undefined && newest['client_id'] !== token.appid) return undefined;
  // Each challenge is different, so a token that answered the last one does not answer this one.
  const asked = isRecord(newest['claims'])
    ? newest['claims']
    : { access_token: { nbf: { essential: true, value: String(placed.length) } } };
  const wanted = recordOf(asked['access_token']);
  const isAnswered = Object.entries(wanted).every(([name, value]) => isDeepStrictEqual(token.requested[name], value));
  return isAnswered ? undefined : JSON.stringify(asked);
}
