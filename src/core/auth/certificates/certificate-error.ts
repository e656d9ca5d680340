import { AppError } from '../../base/errors.ts';

/** A certificate that cannot be used: what is wrong, and what to do. Never shows what was given. */
export function certificateError(message: string, hint: string): AppError {
  return new AppError('invalid_argument', message, { hint, detail: { field: 'certificate' } });
}

/** Makes a certificate that Microsoft Entra accepts, and puts it into one file with its key. */
export const newCertificate =
  'openssl req -x509 -newkey rsa:2048 -sha256 -nodes -days 365 -subj "/CN=tenantry" -keyout key.pem -out cert.pem';
export const joinFiles = 'cat key.pem cert.pem > app.pem';

const passPassphrase =
  'Pass its passphrase too, as certificate_passphrase, or certificate: {"prompt": true}, where a person enters both.';

export function keyNeedsPassphrase(): AppError {
  return passphraseError('The private key of the certificate is encrypted.', passPassphrase);
}

/** What a store encrypts, and whether it holds a key at all, only its passphrase tells. */
export function storeNeedsPassphrase(): AppError {
  return passphraseError('The PKCS#12 store is protected with a passphrase.', passPassphrase);
}

export function wrongPassphrase(): AppError {
  return passphraseError(
    'The passphrase of the certificate does not open it.',
    'Supply the passphrase that the file was exported with as certificate_passphrase.',
  );
}

function passphraseError(message: string, hint: string): AppError {
  return new AppError('invalid_argument', message, { hint, detail: { field: 'certificate_passphrase' } });
}

/** An encryption that OpenSSL 3 opens with its legacy provider only. */
export function weakEncryption(name: string): AppError {
  return certificateError(
    `The PKCS#12 store is encrypted with ${name}, which anybody can break.`,
    'Export it again with AES256-SHA256, or convert it: openssl pkcs12 -legacy -in app.pfx -nodes -out app.pem',
  );
}

/** The same for a key in PEM. */
export function weakKeyEncryption(name: string): AppError {
  return certificateError(
    `The private key is encrypted with ${name}, which anybody can break.`,
    'Convert it: (openssl pkey -provider legacy -provider default -in old.pem && openssl x509 -in old.pem) > app.pem',
  );
}

export function unknownEncryption(what: string): AppError {
  return certificateError(
    `The PKCS#12 store uses ${what}, which Tenantry does not read.`,
    'Convert it: openssl pkcs12 -in app.pfx -nodes -out app.pem',
  );
}

export function damaged(what: string): AppError {
  return certificateError(`${what} is damaged.`, 'Export key and certificate again, and copy the file whole.');
}
