import type { PipelineRequest } from '@azure/core-rest-pipeline';
import type { ProgressUpdate } from '../../src/core/base/call-context.ts';
import type { Rewritten } from './rewriting-client.ts';
import type { Answer } from './sandbox-tools.ts';

/** What strangers write in these tests, and how they try to get out of the quotes. */
export const marker = 'zqmark';
const suffix = ` ${marker}\`${marker}\u202e\n${marker}`;

/**
 * How much of an answer is marked: `texts` leaves what tools need to find their way (ids, addresses, dates and closed
 * sets), `all` leaves tokens and links to next pages only.
 */
export type Marking = 'texts' | 'all';

const guidLike = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
const structural =
  /^(?:id|.*Id|access_token|token_type|@odata\..*|nextLink|type|kind|state|status|statusCode|provisioningState|scheme|authType|category|location|apiVersions|namespace|resourceType|capabilityStatus|appliesTo|creationMode|issuer|subject|method|code|typeKey|host|url|scope.*|serviceprincipalid|tenantid|workloadIdentityFederation.*|roleName|audiences|name|userPrincipalName|uniqueName|resourceGroup|capabilities|AuthenticationFlow|operation.*|isReady)$/i;
const neverMarked = /^(?:access_token|id_token|refresh_token|token_type|@odata\.nextLink|nextLink)$/;

/** A response in which every string of the body, and headers that tools read, carry the marker. */
export function markAnswer(marking: Marking, isError: boolean) {
  return ({ url }: PipelineRequest, body: string): Rewritten | undefined => {
    // Sign-in itself must work, or nothing else is tried.
    if (/\.well-known|\/discovery\//.test(url) || (/\/oauth2\//.test(url) && !body.includes('"error"')))
      return undefined;
    const headers = {
      'www-authenticate': `Bearer realm="${marker}", error_description="${marker}"`,
      'x-ms-error-code': marker,
      deprecation: marker,
      sunset: marker,
      'x-vss-e2eid': marker,
    };
    try {
      return { body: JSON.stringify(markValue(JSON.parse(body), '', isError ? 'all' : marking)), headers };
    } catch {
      return { body: body === '' ? body : `${body} ${marker}`, headers };
    }
  };
}

function markValue(value: unknown, key: string, marking: Marking): unknown {
  if (typeof value === 'string') return isMarked(key, value, marking) ? `${value}${suffix}` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => markValue(one, key, marking));
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, markValue(child, name, marking)]));
}

function isMarked(key: string, value: string, marking: Marking): boolean {
  if (neverMarked.test(key)) return false;
  if (marking === 'all') return true;
  return !structural.test(key) && !guidLike.test(value) && !/^(?:https?:\/|\/|\d{4}-\d\d-\d\d)/.test(value);
}

/** Keys whose text is a sentence of ours, wherever a task tool answers it. */
const sentenceKeys = new Set([
  'message',
  'hint',
  'reason',
  'detail',
  'next',
  'next_step',
  'note',
  'notes',
  'how',
  'title',
  'summary',
  'warning',
  'changes',
  'exists',
  'to_remove',
  'trouble',
]);
/** Members of answers that hold what a service sent. */
const dataKeys = new Set(['upstream', 'properties', 'body', 'result', 'before', 'after', 'current', 'preview']);
/** Tools whose data is the service's own: only failures in it are ours. */
const passingOn = new Set([
  'graph_query',
  'graph_batch',
  'graph_delta',
  'arm_query',
  'resource_graph_query',
  'get_operation',
  'graph_write',
  'arm_write',
]);

/** Every sentence of ours in an answer. */
export function sentencesOf(
  tool: string,
  answer: Pick<Answer, 'response' | 'meta'>,
  progress: readonly ProgressUpdate[],
): string[] {
  const found: string[] = [];
  const collect = (value: unknown, isSentence: boolean): void => {
    if (typeof value === 'string' && isSentence) found.push(value);
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const one of value) collect(one, isSentence);
      return;
    }
    for (const [key, child] of Object.entries(value)) {
      if (!dataKeys.has(key))
        collect(child, sentenceKeys.has(key) && (typeof child === 'string' || Array.isArray(child)));
    }
  };
  collect(answer.response.error, false);
  collect(answer.meta?.notes, true);
  if (!passingOn.has(tool)) collect(answer.response.data, false);
  for (const { error } of answer.response.data?.responses ?? []) collect(error, false);
  return [...found, ...progress.flatMap(({ message }) => message ?? [])];
}

/** What is left of a sentence without its quotes. */
export function unquoted(sentence: string): string {
  return sentence.replace(/`[^`\n]*`/g, '');
}
