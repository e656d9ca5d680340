import { tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import type { ApplicationPassword } from '../../identities/identities.ts';
import type { ConnectionRecord, ConversionState, SecretInfo } from '../../record/connection.ts';
import { isOfSignedIn } from '../../record/sharing.ts';
import { Secret } from '../../secrets/secret.ts';
import type { ConnectionServiceOptions, ConversionResult, OpenConnection } from '../connection-service.ts';
import { planClosing } from '../record-changes.ts';
import { appOf, type ConversionContext, identitiesOf } from './conversion-context.ts';
import { changeConverted } from './plan-conversion.ts';

const portalPath = 'App registrations > the app > Certificates & secrets';

/**
 * Removes the earlier secret from the app, once it is clear which one it is, and destroys our copy: there is no way
 * back then. `connection` does the work; it need not be the federated one.
 */
export async function removeSecret(
  record: ConnectionRecord,
  connection: OpenConnection,
  context: ConversionContext,
): Promise<ConversionResult> {
  const { call } = context;
  const conversion = requireKept(record);
  const secret = conversion.secrets.find(({ field }) => field === 'client_secret');
  if (secret === undefined) {
    call.note(`The certificate was not removed from the app: remove it there (${portalPath} > Certificates).`);
    return { record, changes: [] };
  }
  await refuseShared(record, secret, context);
  const { clientId } = appOf(record);
  const application = await withRights(record, context, () =>
    identitiesOf(connection, context).findApplication({ appId: clientId }, call),
  );
  const prefix = (await context.readSecret(record, 'client_secret', secret)).reveal().slice(0, 3);
  const alike = application?.passwords.filter(({ hint }) => hint === prefix) ?? [];
  const [found, ...others] = alike;
  if (application === undefined || found === undefined) return settleMissing(record, conversion, connection, context);
  if (others.length > 0) {
    call.note(
      `The secret was not removed: ${alike.length} secrets of the app begin like it (${alike.slice(0, 5).map(shown).join('; ')}). Remove the right one there (${portalPath}).`,
    );
    return { record, changes: [] };
  }
  await withRights(record, context, () =>
    identitiesOf(connection, context).removePassword(application.id, found.keyId, call),
  );
  const closed = await close(record, conversion, context);
  return {
    record: closed,
    changes: [`removed the client secret ${shown(found)} from the app ${clientId}`, 'destroyed the copy in the vault'],
  };
}

/** Tells a connection that may not change its app about the way that needs no new rights. */
async function withRights<T>(
  { name }: ConnectionRecord,
  { admin }: ConversionContext,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'permission_denied' && admin === undefined) {
      throw error.with({
        message: `${error.message} The secret of ${name} stays on the app.`,
        hint: 'Pass admin_connection, a connection that may change the app.',
      });
    }
    throw error;
  }
}

/**
 * Other connections that sign in with the same secret would end with it. At this machine, those of other owners are counted:
 * their names are their owners' business. To a person who has signed in, not even their number is told: whoever holds a secret
 * could ask in this way who else does.
 */
async function refuseShared(
  record: ConnectionRecord,
  { fingerprint }: SecretInfo,
  { options }: ConversionContext,
): Promise<void> {
  const { clientId, tenantId } = appOf(record);
  const users = (await options.store.listAll()).filter(
    ({ id, owner, auth_type: authType, identity, secrets }) =>
      id !== record.id &&
      (!isOfSignedIn(record) || owner === record.owner) &&
      authType === 'azure' &&
      identity.client_id === clientId &&
      identity.tenant_id === tenantId &&
      secrets.some((one) => one.fingerprint === fingerprint),
  );
  const own = users.filter(({ owner }) => owner === record.owner).map(({ name }) => name);
  const fixed = isOfSignedIn(record) ? [] : await declaredUsers(record, fingerprint, options);
  const names = [...own, ...fixed].sort();
  const others = users.length - own.length;
  if (names.length + others === 0) return;
  const counted = others === 1 ? 'another connection of this home' : `${others} other connections of this home`;
  const who = [names.join(', '), others === 0 ? '' : counted].filter((part) => part !== '').join(' and ');
  const sign = names.length + others === 1 ? 'signs' : 'sign';
  throw new AppError('conflict', `The secret stays on the app: ${who} ${sign} in with it as well.`, {
    hint: 'Convert these connections too, give them another secret, or delete them; then call again with remove_secret: true.',
    detail: { connections: names, ...(others === 0 ? {} : { others }) },
  });
}

/** Names of declared connections that find this very secret where their declaration says. */
async function declaredUsers(
  record: ConnectionRecord,
  fingerprint: string,
  { declared, references, fingerprints }: ConnectionServiceOptions,
): Promise<readonly string[]> {
  const { clientId, tenantId } = appOf(record);
  const names: string[] = [];
  for (const { name, auth_type: authType, identity, secrets } of declared) {
    const source = secrets.client_secret;
    const isOfApp = authType === 'azure' && identity.client_id === clientId && identity.tenant_id === tenantId;
    // A literal one belongs to the sandbox tenant of this process.
    if (!isOfApp || source === undefined || source instanceof Secret) continue;
    // A secret that cannot be read is not used to sign in.
    const secret = await references.resolve(source, 'operator').catch(() => undefined);
    if (secret !== undefined && (await fingerprints.of(secret)) === fingerprint) names.push(name);
  }
  return names;
}

/** The app lists no such secret: it is already gone, or the app does not show how it begins. */
async function settleMissing(
  record: ConnectionRecord,
  conversion: ConversionState,
  connection: OpenConnection,
  context: ConversionContext,
): Promise<ConversionResult> {
  const { call } = context;
  const refusal = await tryKept(record, conversion, connection, context);
  if (refusal?.upstream?.code === 'AADSTS7000215') {
    const closed = await close(record, conversion, context);
    call.note('The app no longer has this secret.');
    return { record: closed, changes: ['destroyed the copy in the vault'] };
  }
  call.note(
    `The secret was not removed: no secret of the app can be recognised as it. Remove it there (${portalPath}); it is kept for the way back until ${conversion.revertUntil}.`,
  );
  return { record, changes: [] };
}

/** Signs in with what was kept; resolves with the refusal, if there is one. */
export async function tryKept(
  record: ConnectionRecord,
  conversion: ConversionState,
  { cloud }: OpenConnection,
  { options, readSecret, call }: ConversionContext,
): Promise<AppError | undefined> {
  const { conversion: _conversion, ...rest } = record;
  const before: ConnectionRecord = { ...rest, auth_type: conversion.authType, secrets: conversion.secrets };
  const use = (field: SecretInfo['field']) => conversion.secrets.find((one) => one.field === field);
  try {
    await options.trial.getToken(before, (_record, field) => readSecret(record, field, use(field)), {
      audience: tokenAudience(cloud, 'graph'),
      signal: call.signal,
    });
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthenticated') return error;
    throw error;
  }
}

function close(
  record: ConnectionRecord,
  conversion: ConversionState,
  context: ConversionContext,
): Promise<ConnectionRecord> {
  const plan = (current: ConnectionRecord, now: string) => planClosing(current, conversion, 'secret_removed', now);
  return changeConverted(record, context, plan);
}

function requireKept({ name, conversion }: ConnectionRecord): ConversionState {
  if (conversion === undefined || conversion.secrets.length === 0) {
    const why =
      conversion?.closed === 'secret_removed'
        ? 'its secret was removed already'
        : conversion?.closed === 'expired'
          ? `its secret was kept until ${conversion.revertUntil} only`
          : 'it was not converted from a secret';
    throw new AppError('refused', `Tenantry cannot tell which secret of the app belonged to ${name}: ${why}.`, {
      hint: `Remove a secret that is left there (${portalPath}).`,
    });
  }
  return conversion;
}

/** A secret as the portal lists it. */
function shown({ keyId, displayName, endDateTime }: ApplicationPassword): string {
  const name = displayName ? ` ${quoted(displayName, 60)}` : '';
  return `${quoted(keyId)}${name}${endDateTime === undefined ? '' : `, until ${quoted(endDateTime.slice(0, 10))}`}`;
}
