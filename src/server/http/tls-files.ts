import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { AppError } from '../../core/base/errors.ts';
import { explainFileError } from '../../core/base/file-error.ts';

/** Paths of PEM files: `http.tls`. */
export interface TlsFiles {
  /** The certificate, followed by those of its issuers. */
  readonly certificate: string;
  readonly key: string;
}

/** What is in them. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** Throws `configuration` where a file cannot be read, is no PEM, or belongs to another pair. */
export async function readTlsPair({ certificate, key: keyFile }: TlsFiles): Promise<TlsPair> {
  const [cert, key] = await Promise.all([read('certificate', certificate), read('key', keyFile)]);
  const parsed = parse(
    'certificate',
    certificate,
    () => new X509Certificate(cert),
    'it holds no certificate in PEM form',
  );
  const secret = parse(
    'key',
    keyFile,
    () => createPrivateKey(key),
    'it holds no private key in PEM form, or a key with a passphrase',
  );
  if (!parsed.checkPrivateKey(secret)) throw unusable('key', keyFile, `it is not the key of ${certificate}`);
  parse('certificate', certificate, () => createSecureContext({ cert, key }), 'OpenSSL does not take it');
  return { cert, key };
}

async function read(member: keyof TlsFiles, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unusable(member, path, `it cannot be read: ${explainFileError(error)}`);
  }
}

function parse<T>(member: keyof TlsFiles, path: string, open: () => T, problem: string): T {
  try {
    return open();
  } catch {
    // Its own words may quote the file.
    throw unusable(member, path, problem);
  }
}

function unusable(member: keyof TlsFiles, path: string, problem: string): AppError {
  return new AppError('configuration', `http.tls.${member}: ${path}: ${problem}.`, {
    hint: 'Name two PEM files: the certificate with those of its issuers behind it, and its key without a passphrase.',
  });
}

export interface TlsRenewal {
  /** Reads the files now; resolves when what is new is in use. */
  look(): Promise<void>;
  stop(): void;
}

export interface TlsRenewalOptions {
  readonly files: TlsFiles;
  /** What is in use. */
  readonly pair: TlsPair;
  readonly onRenewed: (pair: TlsPair) => void;
  /** Told once of each problem; what is in use stays so. */
  readonly onProblem: (error: Error) => void;
  /** Time between two looks. Default 30 s. */
  readonly everyMs?: number;
}

/**
 * Takes a renewed certificate into use without a restart. The files are read now and then, which finds every way in which
 * they may be replaced: in place, by a rename, or as links of a mounted volume.
 */
export function followTlsFiles({ files, pair, onRenewed, onProblem, everyMs = 30_000 }: TlsRenewalOptions): TlsRenewal {
  let inUse = pair;
  let problem: string | undefined;
  const look = async () => {
    try {
      const next = await readTlsPair(files);
      if (next.cert !== inUse.cert || next.key !== inUse.key) onRenewed(next);
      inUse = next;
      problem = undefined;
    } catch (error) {
      // One file was replaced and the other one not yet, or somebody has made a mistake.
      const now = error instanceof Error ? error : new Error('the certificate cannot be read');
      if (now.message !== problem) onProblem(now);
      problem = now.message;
    }
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return { look, stop: () => clearInterval(timer) };
}
