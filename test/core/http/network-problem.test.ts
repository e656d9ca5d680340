import { expect, test } from 'vitest';
import { explainFailure } from '../../../src/core/http/network-problem.ts';
import { WireFailure } from '../../../src/core/http/wire-failure.ts';

test.each(['127.0.0.1:4000', 'localhost:4000', '[::1]:4000'])('nobody stands between here and %s', (host) => {
  const asked = { title: 'Microsoft Entra', host };
  const untrusted = explainFailure(new WireFailure('tls', 'SELF_SIGNED_CERT_IN_CHAIN', false), asked);
  expect(untrusted).toMatchObject({
    what: 'The certificate of Microsoft Entra is not trusted (SELF_SIGNED_CERT_IN_CHAIN)',
    hint: expect.stringMatching(/NODE_EXTRA_CA_CERTS.*tenantry sandbox --tls/),
  });
  expect(untrusted.hint).not.toMatch(/company|reads along/);
  const refused = explainFailure(new WireFailure('unreachable', 'ECONNREFUSED', true), asked);
  expect(refused.hint).toBe(
    `Nothing listens at \`${host}\` on this machine: start what serves it, such as tenantry sandbox.`,
  );
});

test('a host elsewhere is not taken for this machine', () => {
  for (const host of ['localhost.example.com', '127.0.0.1.example.com:443', 'login.microsoftonline.com']) {
    const asked = { title: 'Microsoft Entra', host };
    expect(explainFailure(new WireFailure('tls', 'SELF_SIGNED_CERT_IN_CHAIN', false), asked).hint).toContain('company');
    expect(explainFailure(new WireFailure('unreachable', 'ECONNREFUSED', true), asked).hint).toMatch(
      /out; where it has a proxy, set HTTPS_PROXY/,
    );
  }
});
