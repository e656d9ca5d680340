import { AppError } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import type { ConnectionRecord, ConversionState } from '../../record/connection.ts';
import type { ConversionResult, OpenConnection } from '../connection-service.ts';
import { isOverdue } from '../record-changes.ts';
import { isReliedOn } from './app-credential.ts';
import { appOf, askToChangeApp, type ConversionContext, identitiesOf } from './conversion-context.ts';
import { changeConverted, planForgetting, planReversal } from './plan-conversion.ts';
import { tryKept } from './remove-secret.ts';

/**
 * Returns to the earlier secret, once it has proved to work. The record changes before the credential is removed, so
 * that the connection works at any moment; a repeat removes what is left.
 */
export async function revertConversion(
  record: ConnectionRecord,
  context: ConversionContext,
): Promise<ConversionResult> {
  const { options, call } = context;
  const conversion = requireConversion(record, options.clock.now());
  if (conversion.closed === 'reverted') {
    await askToRevert(record, context);
    return finish(record, conversion, await options.opener.open(record, call.caller), context);
  }
  const refusal = await tryKept(record, conversion, await options.opener.open(record, call.caller), context);
  if (refusal !== undefined) {
    throw refusal.with({
      message: `${refusal.message} That was the sign-in from before the conversion; the connection stays federated.`,
      hint: 'Stay with federation, or ask the person for a new secret of the app.',
    });
  }
  call.signal.throwIfAborted();
  if (conversion.federatedCredential.isOurs) await askToRevert(record, context);
  const reverted = await changeConverted(record, context, (current, now) => planReversal(current, conversion, now));
  const changes = [`switched ${record.name} from workload_identity back to ${conversion.authType}`];
  if (!conversion.federatedCredential.isOurs) {
    call.note('The federated credential of the app existed before the conversion and stays.');
    return { record: reverted, changes };
  }
  try {
    const finished = await finish(reverted, conversion, await options.opener.open(reverted, call.caller), context);
    return { record: finished.record, changes: [...changes, ...finished.changes] };
  } catch (error) {
    if (!(error instanceof AppError) || call.signal.aborted) throw error;
    call.note(
      `The federated credential ${quoted(conversion.federatedCredential.name)} is still on the app: ${error.message} Call again with revert: true to remove it.`,
    );
    return { record: reverted, changes };
  }
}

async function askToRevert(record: ConnectionRecord, context: ConversionContext): Promise<void> {
  const connection = await context.options.opener.open(record, context.call.caller);
  await askToChangeApp(
    'Go back to the earlier secret, and remove the federated credential',
    record,
    connection,
    context,
  );
}

/** Removes the credential that the conversion made, then the record of it. */
async function finish(
  record: ConnectionRecord,
  { federatedCredential }: ConversionState,
  connection: OpenConnection,
  context: ConversionContext,
): Promise<ConversionResult> {
  const { call } = context;
  const identities = identitiesOf(connection, context);
  const { name } = federatedCredential;
  const changes: string[] = [];
  if (await isReliedOn(record, federatedCredential, context)) {
    call.note(`The federated credential ${quoted(name)} stays: a connection signs in with it.`);
  } else {
    const application = await identities.findApplication({ appId: appOf(record).clientId }, call);
    if (application !== undefined && name !== undefined) {
      const parent = { kind: 'application', objectId: application.id } as const;
      await identities.removeFederatedCredential(parent, name, call);
      changes.push(`removed the federated credential ${quoted(name)} from the app ${quoted(application.appId)}`);
    }
  }
  return { record: await changeConverted(record, context, planForgetting), changes };
}

function requireConversion(record: ConnectionRecord, now: number): ConversionState {
  const { name, conversion } = record;
  if (conversion === undefined || (record.auth_type !== 'workload_identity' && conversion.closed !== 'reverted')) {
    throw new AppError('refused', `There is nothing to revert: ${name} was not converted to federation.`, {
      hint: 'To supply another secret, use complete_connection.',
    });
  }
  if (conversion.closed === 'secret_removed') {
    throw new AppError('refused', `${name} cannot go back: its secret was removed from the app.`, {
      hint: 'Ask the person for a new secret of the app, if it has to sign in with one.',
    });
  }
  if (conversion.closed === 'expired' || isOverdue(record, now)) {
    throw new AppError(
      'refused',
      `${name} could go back until ${conversion.revertUntil} only; the earlier secret was destroyed.`,
      {
        hint: 'Ask the person for a new secret of the app, if it has to sign in with one.',
        detail: { revert_until: conversion.revertUntil },
      },
    );
  }
  return conversion;
}
