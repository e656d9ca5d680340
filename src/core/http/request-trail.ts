import type { CallRecord, TrailRequest } from '../base/call-context.ts';
import { isRecord } from '../base/guards.ts';
import type { DescribedRequest } from './api-descriptor.ts';

/** Requests of one call that are remembered. */
const mostRemembered = 200;

/** What of a request the log names. */
type TracedRequest = Pick<DescribedRequest, 'method' | 'wirePath' | 'body'> &
  Partial<Pick<DescribedRequest, 'foreign'>>;

/**
 * Remembers a request for the audit log: every write, and the first read. Cheap, since it is on the way of every request:
 * templates are made when the line is written.
 */
export function leaveTrail({ trail }: CallRecord, service: string, request: TracedRequest, isWrite: boolean): void {
  if (trail === undefined || trail.length >= mostRemembered || (!isWrite && trail.length > 0)) return;
  const { method, wirePath, body, foreign } = request;
  // The path of an address that the service made may be a key by itself.
  const path = foreign === true ? '/{address}' : wirePath;
  const items = wirePath.toLowerCase() === '/$batch' && isRecord(body) ? body['requests'] : undefined;
  if (!Array.isArray(items)) {
    trail.push({ service, method, path });
    return;
  }
  for (const item of items.filter(isRecord).slice(0, mostRemembered - trail.length)) {
    const url = String(item['url']).split(/[?#]/, 1)[0] ?? '';
    trail.push({ service, method: String(item['method']).slice(0, 10), path: url });
  }
}

export interface RequestTemplate {
  /** With `{id}` for whatever names an object. */
  readonly path: string;
  /** What stood there, decoded. */
  readonly ids: readonly string[];
}

/** The template of a path. What is not plainly a word of the service is an id. */
export function templateOf({ service, path }: TrailRequest): RequestTemplate {
  const ids: string[] = [];
  const name = (text: string) => {
    ids.push(decoded(text));
    return '{id}';
  };
  const segments = path.replace(/^\//, '').split('/');
  const shown =
    service === 'arm'
      ? armSegments(segments, name)
      : segments.map((one, at) => otherSegment(service, one, segments.slice(0, at), name));
  return { path: `/${shown.join('/')}`, ids };
}

type Name = (text: string) => string;

/** `/subscriptions/{id}/resourceGroups/{id}/providers/Microsoft.Web/sites/{id}/restart`: types and names take turns. */
function armSegments(segments: readonly string[], name: Name): string[] {
  let isName = false;
  let isNamespace = false;
  return segments.map((segment) => {
    const isWord = /^[a-z][a-z0-9.]{0,79}$/i.test(segment);
    if (segment.toLowerCase() === 'providers') {
      isName = false;
      isNamespace = true;
      return segment;
    }
    const shown = (isName && !isNamespace) || !isWord ? name(segment) : segment;
    isName = isNamespace ? false : !isName;
    isNamespace = false;
    return shown;
  });
}

/** Collections of Graph whose second segment is a key, whatever it looks like. */
const keyedCollections =
  /^(?:users|groups|applications|servicePrincipals|devices|directoryObjects|domains|sites|drives|teams|chats|contacts|directoryRoles|invitations|shares)$/i;
const functions = /^(?:\$.*|delta|getByIds|getAvailableExtensionProperties|validateProperties|microsoft\.graph\..+)$/i;

/** A word of Graph or Azure DevOps; a key in parentheses is an id like any other. */
function otherSegment(service: string, segment: string, before: readonly string[], name: Name): string {
  if (segment === '' || segment === '{address}') return segment;
  const keyed = /^([A-Za-z][A-Za-z.]*)\((.+)\)$/.exec(segment);
  if (keyed?.[1] !== undefined && keyed[2] !== undefined) return `${keyed[1]}(${name(keyed[2])})`;
  // Organization and project come before `_apis`.
  const isPlace =
    service === 'devops'
      ? (before.length < 2 && !/^_/.test(segment)) || before.at(-1) === 'projects'
      : before.length === 1 && keyedCollections.test(before[0] ?? '') && !functions.test(segment);
  return /^[$_]?[A-Za-z][A-Za-z.]{0,79}$/.test(segment) && !isPlace ? segment : name(segment);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
