import { expect, test } from 'vitest';
import { vstokenKeys } from '../../../src/sandbox/devops/endpoints/federation.ts';
import { seededOrganization } from '../../../src/sandbox/devops/seed/devops-credentials.ts';
import { createTokenSigner } from '../../../src/sandbox/entra/token-signer.ts';
import { sandboxRequest } from '../support/test-context.ts';

test('the key of the old issuer is told for the organization itself, and for no other issuer', async () => {
  const signer = createTokenSigner();
  const find = vstokenKeys({ organization: seededOrganization }, signer);
  const request = sandboxRequest('POST', '/', { service: 'login' });
  const issuer = `https://vstoken.dev.azure.com/${seededOrganization.id}`;
  expect(await find(issuer, request)).toEqual([await signer.publishedKey()]);
  for (const other of [
    `${issuer}/`,
    'https://vstoken.dev.azure.com/another',
    'https://token.actions.githubusercontent.com',
  ]) {
    expect(await find(other, request)).toBeUndefined();
  }
});
