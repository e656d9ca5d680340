import { resolve } from 'node:path';
import { localCaller } from '../core/base/caller.ts';
import { AppError } from '../core/base/errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { NamedSecretView } from '../core/named-secrets/named-secrets.ts';
import type { Secret } from '../core/secrets/secret.ts';
import { type SecretPlace, type SecretUse, secretUses } from '../core/storage/storage.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { askYesNo } from './ask-terminal.ts';
import type { SecretsFlags, SetSecretFlags } from './commands/secrets.ts';
import { exampleOf } from './examples.ts';
import { UsageError } from './exit-codes.ts';
import { askSecret } from './hidden-input.ts';
import { formatOf, type OutputFlags } from './output/output-format.ts';
import { showList } from './output/show-list.ts';
import { textTable, widthOf } from './output/text-table.ts';
import { withRuntime } from './with-runtime.ts';

const { id: owner } = localCaller;
const setExample = exampleOf('secrets set');

/** `tenantry secrets list`. */
export async function listSecrets(flags: SecretsFlags & OutputFlags): Promise<number> {
  return withRuntime(flags, async ({ namedSecrets }) => {
    const secrets = await namedSecrets.list(owner);
    const items = secrets.map(toJson);
    const text = await showList(formatOf(flags), { items, json: { secrets: items }, table: () => tableOf(secrets) });
    process.stdout.write(`${text}\n`);
  });
}

/** `tenantry secrets set <name>`. */
export async function setSecret(name: string, flags: SetSecretFlags, signal: AbortSignal): Promise<number> {
  const to = (flags.to ?? []).map(parsePlace);
  const use = usesOf(flags.use, to);
  return withRuntime(flags, async (runtime) => {
    const { cloud } = flags;
    if (cloud !== undefined && !runtime.clouds.has(cloud)) {
      throw new UsageError(`There is no cloud ${cloud}; valid: ${[...runtime.clouds.keys()].join(', ')}.`, setExample);
    }
    const secret = await readMaterial(name, flags, runtime, signal);
    const set = await runtime.namedSecrets.set({ name, secret, use, to, ...withoutUndefined({ cloud }) }, owner);
    process.stderr.write(`Set ${name} (fingerprint ${set.fingerprint}). Calls name it as {"secret":"${name}"}.\n`);
  });
}

/** `tenantry secrets show <name>`: to stdout alone, and only after a yes. */
export async function showSecret(
  name: string,
  flags: SecretsFlags & { readonly yes?: boolean },
  signal: AbortSignal,
): Promise<number> {
  return withRuntime(flags, async ({ namedSecrets }) => {
    const secret = await namedSecrets.reveal(name, owner);
    if (flags.yes !== true && (await askYesNo([`Show the secret ${name} in clear?`], signal)) !== true) {
      throw new AppError('refused', `${name} was not shown: nobody said yes.`, {
        hint: 'Answer y on a terminal, or pass --yes.',
      });
    }
    process.stdout.write(`${secret.reveal()}\n`);
  });
}

/** `tenantry secrets remove <name>`. */
export async function removeSecret(name: string, flags: SecretsFlags): Promise<number> {
  return withRuntime(flags, async ({ namedSecrets }) => {
    await namedSecrets.remove(name, owner);
    process.stderr.write(`Removed ${name}.\n`);
  });
}

async function readMaterial(
  name: string,
  { env, file }: SetSecretFlags,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Secret> {
  if (env !== undefined && file !== undefined) throw new UsageError('--env and --file cannot be combined.', setExample);
  if (env === undefined && file === undefined) return askSecret(`Secret ${name}`, signal);
  const { createSecretReferences } = await import('../core/auth/secret-references.ts');
  const { environment, home, secrets: allowed } = runtime.config;
  const references = createSecretReferences({ environment, home, allowed });
  return references.resolve(env === undefined ? { file: resolve(file ?? '') } : { env }, 'operator');
}

function usesOf(given: string | undefined, to: readonly SecretPlace[]): readonly SecretUse[] {
  if (given === undefined) return to.length > 0 ? ['export'] : ['sign_in'];
  return given.split(',').map((word) => {
    const use = secretUses.find((one) => one === word.trim());
    if (use === undefined) throw new UsageError(`--use takes ${secretUses.join(' and ')}.`, setExample);
    return use;
  });
}

/** `holder=…,target=…`: a comma belongs to a value unless a name follows it. */
function parsePlace(text: string): SecretPlace {
  const parts = text.split(/,(?=(?:holder|target)=)/).map((part) => /^(holder|target)=(.+)$/s.exec(part.trim()));
  const values = new Map(parts.map((part) => [part?.[1], part?.[2]?.trim()]));
  const [holder, target] = [values.get('holder'), values.get('target')];
  const isHolder = /^\/[^/]+\/.+|^[^/]+\/[^/]+$/.test(holder ?? '');
  if (holder === undefined || !isHolder || values.has(undefined) || parts.length !== values.size) {
    throw new UsageError(
      '--to takes holder=… (an ARM id or organization/project) and, after a comma, target=….',
      setExample,
    );
  }
  return { holder, ...withoutUndefined({ target }) };
}

/** Names of members as everywhere in answers. */
function toJson({ storedAt, keptUntil, origin, ...secret }: NamedSecretView) {
  const from = origin && { connection_id: origin.connectionId, tenant_id: origin.tenantId };
  return withoutUndefined({
    ...secret,
    origin: origin && withoutUndefined({ ...from, resource: origin.resource, member: origin.member }),
    stored_at: storedAt,
    kept_until: keptUntil,
  });
}

function tableOf(secrets: readonly NamedSecretView[]): string {
  if (secrets.length === 0) return 'There are no named secrets yet. Set one with tenantry secrets set NAME.';
  const place = ({ holder, target }: SecretPlace) => (target === undefined ? holder : `${holder} -> ${target}`);
  const rows = secrets.map(({ name, source, use, to, cloud, fingerprint, keptUntil, origin, problem }) => [
    name,
    source,
    origin === undefined ? use.join(',') : '-',
    fingerprint ?? '-',
    cloud,
    keptUntil?.slice(0, 10) ?? '-',
    problem ?? origin?.resource ?? to.map(place).join('; '),
  ]);
  const header = ['NAME', 'SOURCE', 'USE', 'FINGERPRINT', 'CLOUD', 'UNTIL', 'WHERE'];
  return textTable(header, rows, { width: widthOf(process.stdout) });
}
