import { AppError } from '../../base/errors.ts';
import type { CredentialFactory } from '../credential.ts';

/** `on_behalf_of`: exchanges the token of the caller, so it needs callers that sign in. */
export const onBehalfOf: CredentialFactory = async () => {
  throw onBehalfOfUnsupported();
};

/** The same answer at creation and at use. */
export function onBehalfOfUnsupported(): AppError {
  return new AppError(
    'unsupported',
    'on_behalf_of needs callers who sign in to Tenantry over HTTP, which this version does not have.',
    {
      hint: 'Use auth_type azure, certificate, workload_identity, managed_identity, azure_cli or device_code.',
    },
  );
}
