import { createInterface } from 'node:readline/promises';
import { mayBeEncrypted } from '../core/auth/certificates/certificate-bytes.ts';
import { shownLine } from '../core/base/clean-text.ts';
import { AppError, cancelled } from '../core/base/errors.ts';
import type { PromptAnswer, PromptRequest, SecretPrompt } from '../core/connections/secret-prompt.ts';
import {
  type ConnectionIdentity,
  type ConnectionRecord,
  identitySchema,
  type SecretField,
} from '../core/record/connection.ts';
import { missingRequirements } from '../core/record/requirements.ts';
import { Secret } from '../core/secrets/secret.ts';
import { readHidden, type Terminal } from './hidden-input.ts';

/** Asks at the terminal for what a completion lacks; secrets are not shown. */
export function createTerminalPrompt(terminal: Terminal): SecretPrompt {
  return {
    async ask(request, call) {
      if (!terminal.input.isTTY) throw notATerminal(request);
      const answer = await askAll(request, terminal, call.signal);
      return request.complete(answer, { correcting: false, call });
    },
  };
}

async function askAll(
  { record, asked, fields, asksPassphrase }: PromptRequest,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<PromptAnswer> {
  const identity: Record<string, string> = {};
  for (const name of missingIdentity(record, asked)) {
    identity[name] = await askIdentity(name, terminal, signal);
  }
  const secrets: Partial<Record<SecretField, Secret>> = {};
  for (const field of fields) secrets[field] = await askSecret(record, field, terminal, signal);
  const { certificate } = secrets;
  const isLocked = asksPassphrase || (certificate !== undefined && mayBeEncrypted(certificate.reveal()));
  const passphrase = isLocked ? await askPassphrase(record, terminal, signal) : undefined;
  // The service checks each value against the schema of its field.
  return { identity: identity as ConnectionIdentity, secrets, passphrase };
}

/** Asks until the answer can be right: a mistake should not cost the answers before it. */
async function askIdentity(name: string, terminal: Terminal, signal: AbortSignal): Promise<string> {
  const schema = Object.entries(identitySchema.shape).find(([key]) => key === name)?.[1];
  for (;;) {
    const text = await askText(`${name.replaceAll('_', ' ')}: `, terminal, signal);
    const problem = schema?.safeParse(text).error?.issues[0];
    if (problem === undefined) return text;
    terminal.output.write(`That is not it: ${shownLine(problem.message)}.\n`);
  }
}

function missingIdentity(record: ConnectionRecord, asked: ConnectionIdentity): readonly string[] {
  const { missing } = missingRequirements({ ...record, identity: { ...record.identity, ...asked } }, []);
  return missing.filter((name) => Object.hasOwn(identitySchema.shape, name));
}

async function askText(question: string, { input, output, interrupt }: Terminal, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input, output, terminal: true });
  lines.once('SIGINT', interrupt);
  try {
    return (await lines.question(question, { signal })).trim();
  } catch {
    throw cancelled();
  } finally {
    lines.close();
  }
}

async function askSecret(
  { name }: ConnectionRecord,
  field: SecretField,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Secret> {
  // Terminals cut long lines, and a PEM has many.
  const what = field === 'certificate' ? 'certificate of' : `${field.replaceAll('_', ' ')} of`;
  const end =
    field === 'certificate' ? ' (paste the PEM to its last END line, or a PFX in base64 and an empty line)' : '';
  const isWhole = field === 'certificate' ? isWholePem : (text: string) => text.endsWith('\n');
  return new Secret(await readHidden(`${what} ${name}${end}, not shown: `, isWhole, terminal, signal));
}

/** Undefined where the certificate has none. */
async function askPassphrase(
  { name }: ConnectionRecord,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  const question = `passphrase of the certificate of ${name} (empty if it has none), not shown: `;
  const text = await readHidden(question, (keys) => keys.endsWith('\n'), terminal, signal);
  return text === '' ? undefined : new Secret(text);
}

/** A key and a certificate, to the end of the last line. */
function isWholePem(text: string): boolean {
  const ends = [...text.matchAll(/-----END ([A-Z ]+)-----/g)].map(([, kind]) => kind ?? '');
  const isWhole = ends.includes('CERTIFICATE') && ends.some((kind) => kind.endsWith('PRIVATE KEY'));
  // Enter on an empty line ends what is no PEM.
  return isWhole ? /-----END [A-Z ]+-----\s*$/.test(text) : text.endsWith('\n\n') || text === '\n';
}

function notATerminal({ record, asked, fields: asks, asksPassphrase }: PromptRequest): AppError {
  const fields = [...asks, ...(asksPassphrase ? ['certificate_passphrase'] : [])];
  const identity = missingIdentity(record, asked).map((name) => `--${name.replaceAll('_', '-')}`);
  const secrets = fields.map((field) => `--${field.replaceAll('_', '-')}`);
  const flags = [...identity, ...secrets.map((flag) => `${flag}-env NAME (or ${flag}-file PATH)`)];
  const missing = [...missingIdentity(record, asked), ...fields];
  return new AppError(
    'invalid_argument',
    `The connection ${record.name} still needs ${missing.join(', ')}, and stdin is not a terminal where it could be asked for.`,
    { hint: `Pass ${flags.join(', ')}, or run it in a terminal.`, detail: { missing } },
  );
}
