import { quoteNames } from '../../../base/plain-text.ts';
import type { FailedAnswer } from '../../../http/api-descriptor.ts';
import { targetsIn } from '../../../http/upstream-error.ts';
import { byAlternateKey, findByName } from '../instead/by-name.ts';
import { otherRead } from '../instead/read-instead.ts';
import { synchronisedHint } from '../synchronised.ts';
import { conflict, type HintRule, invalid, notFound } from './hint-rule.ts';

function hasConflictDetail({ body }: FailedAnswer): boolean {
  return JSON.stringify(body ?? null).includes('ObjectConflict');
}

/** Names the properties whose values break a rule. https://learn.microsoft.com/graph/api/directoryobject-validateproperties */
function valuesHint({ body }: FailedAnswer): string {
  const targets = targetsIn(body).slice(0, 20);
  const whose = targets.length === 0 ? 'of the body' : `of ${quoteNames(targets)}`;
  return `Correct the values ${whose}.`;
}

const productsOfTenant = otherRead('/subscribedSkus', { $select: 'skuId,skuPartNumber,consumedUnits,prepaidUnits' });

/** Users, groups, applications and their references. https://learn.microsoft.com/graph/errors */
export const directoryHints: readonly HintRule[] = [
  invalid(
    { status: 400, path: /assignlicense/i, message: /usage location/i },
    'Pass usage_location (two letters, e.g. US) to assign_license, or PATCH usageLocation of the user first.',
  ),
  conflict(
    { status: 400, path: /assignlicense/i, message: /does not have any available licenses/i },
    'Free a seat or buy more: GET /subscribedSkus shows consumedUnits against prepaidUnits.',
    () => productsOfTenant,
  ),
  conflict(
    { status: 400, path: /assignlicense/i, message: /depends on the service plan/i },
    'Enable the required plan too, or disable both in disabled_plans.',
  ),
  conflict(
    { status: 400, path: /assignlicense/i, message: /mutually exclusive/i },
    'Disable one of the two plans, or remove the other licence in the same call.',
  ),
  conflict(
    { status: 400, path: /assignlicense/i, message: /inherited from a group/i },
    'Remove the user from the group, or the licence from the group.',
  ),
  invalid(
    { status: 400, path: /assignlicense/i, message: /does not correspond to a valid company license/i },
    'Use a product of this tenant: GET /subscribedSkus lists them.',
    () => productsOfTenant,
  ),
  conflict(
    { status: 400, path: /assignlicense/i, message: /does not have a corresponding license/i },
    'The licence is not assigned directly: there is nothing to remove.',
  ),
  invalid({ status: 400, message: /on-premises mastered/i }, synchronisedHint),
  conflict(
    { status: 400, path: /\/\$ref$/i, message: /object references already exist/i },
    'It is a member already: there is nothing to do.',
  ),
  conflict(
    { status: 400, message: /object references already exist/i },
    'At least one of them is there already, so none was added: read the list, and send those that it lacks.',
  ),
  conflict(
    { status: [400, 409], message: /same value for property userPrincipalName/i },
    'Choose another userPrincipalName, or update the user that has it; it may be among the deleted items.',
  ),
  conflict(
    { code: 'nameAlreadyExists' },
    'Something there has this name: choose another one, or set @microsoft.graph.conflictBehavior to rename or replace.',
  ),
  conflict(
    { status: 409, code: 'Conflict' },
    'Something there has this name or is being changed: read it, then choose another name or repeat the call.',
  ),
  conflict(
    { code: 'Request_MultipleObjectsWithSameKeyValue' },
    'It exists already: read it and update it instead of creating it.',
  ),
  {
    code: 'Directory_ConcurrencyViolation',
    reading: {
      code: 'conflict',
      hint: 'Someone else changed the object at the same time: repeat the call.',
      retryable: true,
    },
  },
  conflict(
    { status: 400, message: /permission being assigned already exists|permission entry already exists/i },
    'It is granted already: there is nothing to do.',
  ),
  {
    code: 'NoBackingApplicationObject',
    reading: {
      code: 'not_found',
      hint: 'Create the application first; a new one takes up to two minutes to be known everywhere.',
      retryable: true,
    },
  },
  {
    status: 400,
    message: /was not found on application|does not reference a valid application object/i,
    reading: {
      code: 'not_found',
      hint: 'Check the appRoleId or appId; a new application takes up to two minutes to be known everywhere.',
      retryable: true,
    },
  },
  invalid(
    { status: 400, message: /password does not comply/i },
    'Use a longer password with upper and lower case, digits and symbols.',
  ),
  invalid(
    { status: 400, message: /^property \S+ is invalid|invalid value specified for property/i },
    'Give the property a value of the type and form that the reference of the object asks for.',
  ),
  { status: 422, reading: (failure) => ({ code: 'invalid_argument', hint: valuesHint(failure) }) },
  // https://learn.microsoft.com/graph/api/profilephoto-get
  notFound(
    { code: 'Request_ResourceNotFound', path: /\/\$ref$/i },
    'Check both ids: of the object, and of the one that is added or removed.',
  ),
  notFound(
    { code: 'Request_ResourceNotFound', path: /^\/?devices\//i },
    "Use the object id of the device; its own GUID goes into /devices(deviceId='…').",
    ({ request }) => byAlternateKey(request),
  ),
  notFound(
    { code: 'Request_ResourceNotFound', path: /^\/?(?:applications|serviceprincipals)\//i },
    "Use the object id; a client id goes into /applications(appId='…') or /servicePrincipals(appId='…').",
    ({ request }) => byAlternateKey(request),
  ),
  notFound(
    { code: 'Request_ResourceNotFound' },
    'Check the id; a deleted object is below /directory/deletedItems for 30 days, a new one may take two minutes to appear.',
    ({ request }) => (request.method === 'GET' ? findByName(request) : undefined),
  ),
  {
    status: 400,
    code: ['Request_BadRequest', 'BadRequest'],
    message: /./,
    reading: (failure) => (hasConflictDetail(failure) ? { code: 'conflict' } : { code: 'invalid_argument' }),
  },
];

const mailPath =
  /\/(?:messages|mailfolders|sendmail|events|calendar|calendars|calendarview|contacts|mailboxsettings|inbox)\b/i;

const noMailbox = {
  hint: 'The user has no mailbox in Exchange Online: check the licence; a first licence takes about 15 minutes to work.',
};

/** Exchange. https://learn.microsoft.com/graph/resolve-auth-errors, https://learn.microsoft.com/graph/outlook-mail-concept-overview */
export const mailHints: readonly HintRule[] = [
  {
    code: ['ErrorInvalidUser', 'MailboxNotEnabledForRESTAPI', 'ErrorNonExistentMailbox', 'ErrorMailboxMoveInProgress'],
    reading: noMailbox,
  },
  {
    status: 404,
    code: 'ResourceNotFound',
    path: mailPath,
    reading: noMailbox,
  },
  {
    code: 'ErrorItemNotFound',
    reading: {
      hint: 'Ids of mail items change when an item moves: find it again, or use the header Prefer: IdType="ImmutableId" throughout.',
    },
  },
  {
    status: 404,
    code: 'itemNotFound',
    reading: { hint: 'Check the drive and item id; a new OneDrive appears minutes after the first licence.' },
  },
];
