import type { CallContext } from '../../base/call-context.ts';
import type { AppError } from '../../base/errors.ts';
import type { OpenConnection } from '../open-connection.ts';
import { addToError } from './add-to-error.ts';
import { type ConversionContext, identitiesOf } from './conversion-context.ts';
import type { ProvidedCredential } from './provide-credential.ts';
import { isReliedOn } from './relied-on.ts';

/**
 * Removes the credential that a failed call has made, unless somebody relies on it by now. Resolves with the failure, which
 * then says what is left in the tenant.
 */
export async function takeBack(
  error: AppError,
  connection: OpenConnection,
  { added, credential }: ProvidedCredential,
  context: ConversionContext,
  call: CallContext,
): Promise<AppError> {
  const { record } = connection;
  if (added === undefined && credential.name === undefined) {
    return addToError(error, `${record.name} is not converted, and nothing was changed.`);
  }
  if (added === undefined) {
    return addToError(
      error,
      `${record.name} is not converted; the federated credential ${credential.name} of the app stays.`,
    );
  }
  if (await isReliedOn(record, credential, context)) {
    return addToError(error, `Meanwhile somebody else relies on the federated credential ${added.name}, so it stays.`);
  }
  try {
    await identitiesOf(connection, context).removeFederatedCredential(added.parent, added.name, call);
    return addToError(error, `${record.name} is not converted, and the federated credential was taken back.`);
  } catch {
    return addToError(
      error,
      `${record.name} is not converted, but the new federated credential ${added.name} could not be taken back from the app.`,
    );
  }
}
