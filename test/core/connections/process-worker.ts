import { localCaller } from '../../../src/core/base/caller.ts';
import { builtInClouds } from '../../../src/core/base/clouds.ts';
import type { ConnectionService } from '../../../src/core/connections/connection-service.ts';
import { createConnectionService } from '../../../src/core/connections/create-connection-service.ts';
import { defaultPolicy } from '../../../src/core/policy/policy.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../../src/core/storage/open-local-storage.ts';
import { testCall } from '../../support/call.ts';
import { noLinkedServices } from './no-linked-services.ts';
import { noTrial } from './no-trial.ts';
import { noNamedSecrets, testReferences } from './secret-sources.ts';
import { testFingerprints } from './support.ts';

// A Tenantry process of its own for tests: changes the connection `prod` of a home folder and prints each change that
// was answered. Arguments: home, label, number of changes, and optionally the edge at which it kills itself.
const [home = '', label = '', count = '0', killAt = ''] = process.argv.slice(2);

const clock = { now: () => Date.now() };
const storage = openLocalStorage({ home, vault: 'file', clock });

/** Ends this process the hard way before or after an edge. */
function edge<Arguments extends unknown[], Result>(name: string, work: (...args: Arguments) => Promise<Result>) {
  return async (...args: Arguments): Promise<Result> => {
    dieAt(`before ${name}`);
    const result = await work(...args);
    dieAt(`after ${name}`);
    return result;
  };
}

function dieAt(point: string): void {
  if (point === killAt) process.kill(process.pid, 'SIGKILL');
}

const service: ConnectionService = createConnectionService({
  store: {
    ...storage.records,
    replace: edge('replace', storage.records.replace),
    remove: edge('remove', storage.records.remove),
  },
  vault: { ...storage.vault, put: edge('put', storage.vault.put), destroy: edge('destroy', storage.vault.destroy) },
  policy: defaultPolicy,
  state: storage.state,
  fingerprints: testFingerprints,
  clock,
  clouds: new Map(Object.entries(builtInClouds)),
  declared: [],
  secrets: storage.secrets,
  references: testReferences(home),
  namedSecrets: noNamedSecrets,
  inlineSecrets: true,
  opener: { open: () => Promise.reject(new Error('Nothing is opened here.')) },
  linkedServices: noLinkedServices,
  trial: noTrial,
});

async function change(index: number): Promise<void> {
  if (label === 'remover') {
    await service.remove('prod', localCaller, testCall());
  } else if (index % 2 === 0) {
    const secrets = { client_secret: new Secret(`secret-${label}-${index}`) };
    await service.complete('prod', { secrets }, localCaller, testCall());
  } else {
    await service.complete('prod', { default_location: `${label}${index}`, secrets: {} }, localCaller, testCall());
  }
}

for (let index = 0; index < Number(count); index++) {
  await change(index);
  process.stdout.write(`${index}\n`);
}
await storage.close();
