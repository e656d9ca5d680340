import type { DescribedRequest } from '../../http/api-descriptor.ts';
import { pathSegments } from './advanced/directory-path.ts';
import { batchItemsOf, isBatchPath } from './limits/charges.ts';

/** Actions and functions that are called with POST and change nothing; last segment of the path, lower case. */
const readOnlyActions = new Set([
  'checkmembergroups',
  'checkmemberobjects',
  'findmeetingtimes',
  'getavailableextensionproperties',
  'getbyids',
  'getmailtips',
  'getmembergroups',
  'getmemberobjects',
  'getobjectsbyid',
  'getpresencesbyuserid',
  'getschedule',
  'getuserownedobjects',
  'ismemberof',
  'runhuntingquery',
  'translateexchangeids',
  'validateproperties',
]);

/** A POST that changes nothing: one of the reading actions, a search, or a batch of nothing but reads. */
export function isReadOnlyPost({ wirePath, body }: Pick<DescribedRequest, 'wirePath' | 'body'>): boolean {
  if (isBatchPath(wirePath)) {
    const items = batchItemsOf(body);
    return items.length > 0 && items.every((item) => item.readOnly || isReadOnlyAction(item.path));
  }
  return isReadOnlyAction(wirePath);
}

function isReadOnlyAction(path: string): boolean {
  const segments = pathSegments(path);
  const last = (segments.at(-1) ?? '').replace(/^microsoft\.graph\./, '');
  return readOnlyActions.has(last) || (last === 'query' && segments.at(-2) === 'search');
}
