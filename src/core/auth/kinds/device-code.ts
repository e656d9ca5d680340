import { AppError } from '../../base/errors.ts';
import { type CredentialFactory, sharedOptions, tenantAndClient } from '../credential.ts';

/** `device_code`: a person signs in on another device. Kept in memory, so every start of Tenantry asks once. */
export const deviceCode: CredentialFactory = async (context) => {
  const { onDeviceCode } = context;
  if (onDeviceCode === undefined) {
    throw new AppError('configuration', 'A device code can only be shown where a person sees it.', {
      hint: 'Use this connection from a terminal, or create one with another auth_type.',
    });
  }
  const { DeviceCodeCredential } = await import('@azure/identity');
  return new DeviceCodeCredential({
    ...sharedOptions(context),
    ...tenantAndClient(context.record),
    userPromptCallback: ({ message, userCode, verificationUri }) =>
      onDeviceCode({ message, userCode, verificationUri }),
  });
};
