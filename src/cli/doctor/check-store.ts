import type { Runtime } from '../../runtime/runtime.ts';
import { type Finding, finding } from './finding.ts';

/** Where connections are kept, and how far a rotation of the master key is. Asks PostgreSQL where that is the store. */
export async function checkStorePlace({ config, store }: Runtime): Promise<Finding[]> {
  const found: Finding[] = [];
  if (config.store !== undefined) {
    const { url, tls, schema, mostConnections } = config.store;
    const { host, pathname, username } = new URL(url);
    const kept = `PostgreSQL ${username === '' ? '' : `${username}@`}${host}${pathname}, schema ${schema}`;
    found.push(
      finding('database', 'ok', `${kept}, ${tls ? 'TLS' : 'without TLS'}, at most ${mostConnections} connections`),
    );
  }
  const { rotation, version } = await store.state();
  if (config.store !== undefined) found.push(finding('database tables', 'ok', `version ${version}`));
  if (rotation === 'under way') {
    found.push(
      finding(
        'master key',
        'warn',
        'a rotation is not finished: some rows are still under the earlier key',
        'Keep both keys, and run tenantry store rotate-key: it goes on where it was.',
      ),
    );
  }
  if (rotation === 'prepared') {
    found.push(
      finding(
        'master key',
        'warn',
        'two keys are known, and the store is under the earlier one',
        'Run tenantry store rotate-key once every node has both.',
      ),
    );
  }
  if (rotation === 'done') {
    found.push(
      finding('master key', 'ok', 'everything is under the new one: store.previous_master_key may be taken out'),
    );
  }
  return found;
}
