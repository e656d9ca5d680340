import { readdir } from 'node:fs/promises';
import type { ConnectionRecord } from '../../core/record/connection.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { oldFreedom } from '../old-freedom.ts';
import { type Finding, finding } from './finding.ts';

/** More files than anybody keeps secrets in. */
const mostFiles = 200;

/** What arguments may name as secrets, and what of it cannot be read; kept ones only where the store can be read. */
export async function checkSecrets(
  runtime: Runtime,
  records: readonly ConnectionRecord[],
  isStoreReadable: boolean,
): Promise<Finding[]> {
  return [
    ...checkFreedom(runtime),
    ...(isStoreReadable ? await checkNamed(runtime) : []),
    ...(await checkFiles(runtime)),
    ...(await checkLive(runtime, records)),
  ];
}

function checkFreedom({ config }: Runtime): Finding[] {
  const freedom = oldFreedom(config);
  return freedom === undefined
    ? []
    : [
        finding(
          'secrets',
          'warn',
          freedom,
          'Name variables and folders in `secrets` instead, or secrets in `secrets.named`.',
        ),
      ];
}

async function checkNamed({ namedSecrets }: Runtime): Promise<Finding[]> {
  const broken = (await namedSecrets.list('local')).filter(({ problem }) => problem !== undefined);
  return broken.map(({ name, problem = '' }) =>
    finding(`secret ${name}`, 'warn', problem, 'Correct secrets.named in tenantry.yaml, or what it names.'),
  );
}

/** A refusal does not tell an agent why: here the person learns it. */
async function checkFiles({ config: { home, secrets } }: Runtime): Promise<Finding[]> {
  const { readSecretFile, secretsFolder, UnreadableSecretFile } = await import('../../core/auth/secret-file.ts');
  const folder = secretsFolder(home);
  const names = await readdir(folder).catch(() => []);
  const found: Finding[] = [];
  // A name with a dot in front is how Kubernetes keeps versions.
  for (const name of names.filter((one) => !one.startsWith('.')).slice(0, mostFiles)) {
    try {
      await readSecretFile(name, { home, below: [folder, ...secrets.files] });
    } catch (error) {
      if (!(error instanceof UnreadableSecretFile)) throw error;
      const hint = 'Secret files belong to you or root, and nobody else may write them: chmod 600.';
      found.push(finding(`secret file secrets/${name}`, 'warn', error.message, hint));
    }
  }
  return found;
}

/** Connections of earlier versions may read a token from where agents may not point today. They keep working. */
async function checkLive({ config }: Runtime, records: readonly ConnectionRecord[]): Promise<Finding[]> {
  const { createSecretReferences, isAllowedReference } = await import('../../core/auth/secret-references.ts');
  const { environment, home, secrets: allowed } = config;
  const references = createSecretReferences({ environment, home, allowed });
  return records.flatMap(({ name, origin, secrets }) => {
    const outside = secrets.some(({ ref }) => {
      const live = origin === 'declared' ? undefined : references.parse(ref);
      return live?.isOld === true && !isAllowedReference(live.source, home, allowed);
    });
    if (!outside) return [];
    const detail = 'it reads its federated token from a place that secrets does not allow';
    const hint = 'If an agent has set it, complete the connection again yourself; or allow the place in tenantry.yaml.';
    return [finding(`connection ${name}`, 'warn', detail, hint)];
  });
}
