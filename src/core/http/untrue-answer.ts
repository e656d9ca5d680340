import { isRecord, textOf } from '../base/guards.ts';
import type { ApiDescriptor, DescribedRequest, ReadAnswer } from './api-descriptor.ts';
import { requestIdOf } from './exchange.ts';
import { aPage, aRedirect, type ForeignAnswer, isOfService } from './network-problem.ts';
import { htmlTitle } from './parse-body.ts';

/** Why a success is none. */
export type Untruth =
  /** The body is an error of the service. */
  | { readonly kind: 'error' }
  /** Something else answered than the service, or nothing did. */
  | { readonly kind: 'form'; readonly contentType: string; readonly title: string };

interface Judged {
  readonly api: Pick<ApiDescriptor, 'wants'>;
  readonly request: DescribedRequest;
  readonly answer: ReadAnswer;
  /** The answer came from another host, where a redirect led. */
  readonly isElsewhere: boolean;
}

/**
 * Finds out that a 2xx says otherwise in its body: an error beside the status, a page for people, text or nothing where
 * JSON was asked for. Files, reports, counts and other answers that are no JSON are left alone.
 */
export function findUntruth({ api, request, answer, isElsewhere }: Judged): Untruth | undefined {
  const { status, body } = answer;
  const wanted = api.wants?.(request);
  if (status < 200 || status >= 300 || wanted === undefined) return undefined;
  const contentType = answer.headers['content-type'] ?? '';
  if (isElsewhere) {
    // Where a service sends on to, there are files: a page there is the sign-in of a network.
    const isSentAway = wanted === 'json' && typeof body === 'string' && isHtml(body, contentType);
    return isSentAway ? { kind: 'form', contentType, title: htmlTitle(body) } : undefined;
  }
  if (isErrorBody(body)) return { kind: 'error' };
  // What has been deleted, or what an action gives, may be nothing also where it is asked for later.
  const asked = request.answersTo?.method ?? request.method;
  const isNothing = body === undefined && status === 200 && asked === 'GET' && wanted === 'json';
  const isMisplaced = typeof body === 'string' && isOtherText(body, contentType, wanted);
  if (!isNothing && !isMisplaced) return undefined;
  return { kind: 'form', contentType, title: isMisplaced && isPage(body) ? htmlTitle(body) : '' };
}

/**
 * Nothing but an error, or a list beside one: of a list only the items are shown. Objects that have an error among their
 * properties, such as operations, are no failures. Azure DevOps names the type of its exception.
 */
function isErrorBody(body: unknown): boolean {
  if (!isRecord(body)) return false;
  if (textOf(body['typeKey']) !== '' && textOf(body['message']) !== '' && 'errorCode' in body) return true;
  if (!isRecord(body['error'])) return false;
  const { code, message } = body['error'];
  const isAlone = Object.entries(body).every(
    ([name, value]) => name === 'error' || name.startsWith('@') || value === null || isOfList(name, value),
  );
  return isAlone && (textOf(code) !== '' || textOf(message) !== '');
}

/** The items, and what stands beside them. */
function isOfList(name: string, value: unknown): boolean {
  return name === 'value' ? Array.isArray(value) : /link$|count$/i.test(name);
}

function isOtherText(body: string, contentType: string, wanted: 'json' | 'data'): boolean {
  if (isHtml(body, contentType)) return true;
  const type = contentType.toLowerCase();
  const isText = type === '' || type.startsWith('text/plain');
  // Some providers call their JSON text.
  return wanted === 'json' && isText && !/^\s*[[{]/.test(body);
}

function isHtml(body: string, contentType: string): boolean {
  return contentType.toLowerCase().includes('html') || isPage(body);
}

/** A page for people, by how it begins. */
export function isPage(text: string): boolean {
  return /^\ufeff?\s*(?:<!--[^>]{0,1000}-->\s*)?<(?:!doctype\s+html|html|head|body)\b/i.test(text.slice(0, 2_000));
}

/** With these, filters and proxies refuse by a page of their own; other statuses with pages come from gateways of the service. */
const pageStatuses = new Set([403, 407, 451, 511]);

/**
 * What came from the network in the service's place: services refuse in their own form, send on to where they say, and give the
 * request an id. 407 and 511 are never a service's. https://www.rfc-editor.org/rfc/rfc6585#section-6
 */
export function findForeignAnswer(
  { api }: { readonly api: Pick<ApiDescriptor, 'requestIdHeader'> },
  { status, headers, body, url }: ReadAnswer & { readonly url: string },
): ForeignAnswer | undefined {
  const isNetworks = status === 407 || status === 511;
  const isHtmlPage = (headers['content-type'] ?? '').toLowerCase().includes('html');
  const isOwn = isOfService(headers) || requestIdOf(api, headers) !== undefined;
  if (isOwn) return undefined;
  const target = redirectTarget(status, headers, url);
  if (target !== undefined) return { status, form: aRedirect(target) };
  if (!pageStatuses.has(status) || !(isNetworks || isHtmlPage)) return undefined;
  return { status, form: aPage(isRecord(body) ? textOf(body['title']) : '') };
}

/** Where a redirect leads, if that is another host. */
export function redirectTarget(
  status: number,
  { location }: Readonly<Record<string, string>>,
  from: string,
): URL | undefined {
  if (status < 300 || status >= 400 || location === undefined) return undefined;
  const target = URL.parse(location, from);
  return target === null || target.host === '' || target.host === URL.parse(from)?.host ? undefined : target;
}
