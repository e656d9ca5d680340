import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { builtInClouds } from '../../core/base/clouds.ts';
import { counted } from '../../core/base/counted.ts';
import type { Environment } from '../../core/base/environment.ts';
import { AppError } from '../../core/base/errors.ts';
import { type Finding, finding } from './finding.ts';

/** How this process gets out of its network: proxy, certificates, verification. Asks nobody. */
export async function checkNetwork(environment: Environment): Promise<Finding[]> {
  return [
    ...(await checkProxy(environment)),
    ...(await checkAuthorities(environment)),
    ...checkVerification(environment),
  ];
}

async function checkProxy(environment: Environment): Promise<Finding[]> {
  const { proxiesOf } = await import('../../core/http/proxy.ts');
  const graph = builtInClouds['public']?.graph ?? '';
  try {
    const proxyFor = proxiesOf(environment);
    // A host that NO_PROXY does not name tells whether there is a proxy at all.
    const proxy = proxyFor(graph) ?? proxyFor('https://proxy-check.invalid');
    if (proxy === undefined) return [];
    const isDirect = proxyFor(graph) === undefined ? `; ${new URL(graph).host} is reached directly (NO_PROXY)` : '';
    return [finding('proxy', 'ok', `${proxy.shown} (${proxy.variable})${isDirect}`)];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [finding('proxy', 'fail', error.message, error.hint)];
  }
}

/** Node only warns of a file that it cannot read, and goes on without it. */
async function checkAuthorities(environment: Environment): Promise<Finding[]> {
  const path = environment('NODE_EXTRA_CA_CERTS');
  if (path === undefined) return [];
  const check = 'NODE_EXTRA_CA_CERTS';
  const text = await readFile(path, 'latin1').catch(() => undefined);
  if (text === undefined) {
    return [
      finding(check, 'fail', `${path} cannot be read`, 'Name a PEM file that the user who runs Tenantry may read.'),
    ];
  }
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const isValid = blocks.length > 0 && blocks.every(isCertificate);
  return isValid
    ? [finding(check, 'ok', `${counted(blocks.length, 'certificate')} in ${path}`)]
    : [
        finding(
          check,
          'fail',
          `${path} holds no certificates in PEM form`,
          'Convert it: openssl x509 -inform der -in root.cer -out root.pem.',
        ),
      ];
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

function checkVerification(environment: Environment): Finding[] {
  if (environment('NODE_TLS_REJECT_UNAUTHORIZED') !== '0') return [];
  return [
    finding(
      'certificates',
      'warn',
      'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off certificate verification: anyone on the network path can read tokens and secrets',
      'Unset it, and give Node the certificate of your company with NODE_EXTRA_CA_CERTS.',
    ),
  ];
}
