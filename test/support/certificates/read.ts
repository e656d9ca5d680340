import { readFileSync } from 'node:fs';

/** The passphrase of every encrypted certificate of this folder. */
export const passphrase = 'tenantry-Prüfung';

export function certificateBytes(name: string): Buffer {
  return readFileSync(new URL(name, import.meta.url));
}

/** A certificate as a secret holds it: text as it is, PKCS#12 in base64. */
export function certificateText(name: string): string {
  const bytes = certificateBytes(name);
  return name.endsWith('.pfx') ? bytes.toString('base64') : bytes.toString('utf8');
}
