import { AppError, invalidArgument } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import type { ConversionResult, ConvertConnection } from '../connection-service.ts';
import { askToChangeApp, type ConversionContext } from './conversion-context.ts';
import { federate } from './federate.ts';
import { removeSecret } from './remove-secret.ts';
import { revertConversion } from './revert.ts';

/**
 * Moves a connection from its secret or certificate to workload identity federation, or back. What can be refused is
 * refused before the first request to the tenant. Stopping anywhere leaves the old or the new state, and a repeat
 * continues.
 */
export async function convertConnection(
  record: ConnectionRecord,
  input: ConvertConnection,
  context: ConversionContext,
): Promise<ConversionResult> {
  requireWriter(record, context);
  if (input.revert === true) {
    refuseOthers(input);
    return revertConversion(record, context);
  }
  if (record.auth_type === 'workload_identity') return goOn(record, input, context);
  requireConvertible(record);
  return federate(record, input, context);
}

function requireWriter({ name, access }: ConnectionRecord, { admin }: ConversionContext): void {
  if (access === 'read_only' && admin === undefined) {
    throw new AppError('refused', `The connection ${name} is read-only, and a conversion changes its app.`, {
      hint: 'Ask the person which connection of the tenant may change the app, and name it as admin_connection.',
    });
  }
}

function refuseOthers({ revert: _revert, admin_connection: _admin, ...others }: ConvertConnection): void {
  const [named] = Object.entries(others).flatMap(([name, value]) =>
    value === undefined || value === false ? [] : [name],
  );
  if (named !== undefined) {
    throw invalidArgument(
      `${named} does not go with revert.`,
      'Pass revert: true alone to go back, or leave it out to convert.',
    );
  }
}

/** For a connection that is already federated: a repeat is fine, other values are not. */
async function goOn(
  record: ConnectionRecord,
  input: ConvertConnection,
  context: ConversionContext,
): Promise<ConversionResult> {
  const credential = record.conversion?.federatedCredential;
  const [other] = (['issuer', 'subject', 'audience'] as const).filter(
    (field) => input[field] !== undefined && credential !== undefined && input[field] !== credential[field],
  );
  if (other !== undefined) {
    throw new AppError(
      'conflict',
      `${record.name} is federated with the ${other} ${quoted(credential?.[other])}, not ${quoted(input[other])}.`,
      { hint: 'Go back with revert: true first; for the other workload, ask the person for a connection of its own.' },
    );
  }
  if (input.remove_secret === true) {
    const connection = await context.options.opener.open(record, context.call.caller);
    await askToChangeApp('Remove the earlier client secret', record, connection, context);
    return removeSecret(record, connection, context);
  }
  context.call.note(
    `${record.name} already signs in by federation; to supply another federated_token, use complete_connection.`,
  );
  return { record, changes: [] };
}

function requireConvertible({ name, auth_type: authType, status }: ConnectionRecord): void {
  if (authType !== 'azure' && authType !== 'certificate') {
    throw new AppError('refused', `${name} has no secret to replace: it signs in with ${authType}.`, {
      hint: 'Connections with auth_type azure or certificate can be converted; for others create one with auth_type workload_identity.',
    });
  }
  if (status !== 'ready') {
    throw new AppError('configuration', `The connection ${name} is not complete.`, {
      hint: 'Call complete_connection first.',
    });
  }
}
