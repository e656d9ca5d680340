import type { StoreRules } from '../../runtime/config/config.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { StoreState } from '../../runtime/store-upkeep.ts';
import { type Finding, failure, finding } from './finding.ts';

/** The store as it stands. */
export interface StorePlace {
  readonly found: readonly Finding[];
  /** Whether its content can be read without changing anything. */
  readonly isReadable: boolean;
}

/** Where connections are kept, and how the tables, the master key and its rotation stand. Changes nothing. */
export async function checkStorePlace({ config, store }: Runtime): Promise<StorePlace> {
  let state: StoreState;
  try {
    state = await store.state();
  } catch (error) {
    const failed = failure(config.store === undefined ? 'store' : 'database', error);
    const place = config.store === undefined ? '' : ` (${placeOf(config.store)})`;
    return { found: [{ ...failed, detail: `${failed.detail}${place}` }], isReadable: false };
  }
  const tables = checkTables(state, config.store !== undefined);
  const key = state.keyProblem === undefined ? [] : [failure('master key', state.keyProblem)];
  const found = [
    ...(config.store === undefined ? [] : [databaseOf(config.store, state)]),
    ...tables,
    ...(config.store === undefined || key.length > 0 ? key : [rightKey(state)]),
    ...checkRotation(state),
  ];
  // Where a home folder has no file yet, reading makes none; a database would get its tables.
  const isCurrent = state.version === state.wanted || (config.store === undefined && state.version === 0);
  return { found, isReadable: isCurrent && key.length === 0 };
}

function placeOf({ url, schema }: StoreRules): string {
  const { host, pathname, username } = new URL(url);
  return `PostgreSQL ${username === '' ? '' : `${username}@`}${host}${pathname}, schema ${schema}`;
}

function databaseOf(rules: StoreRules, { tls = 'without TLS' }: StoreState): Finding {
  return finding('database', 'ok', `${placeOf(rules)}, ${tls}, at most ${rules.mostConnections} connections`);
}

function checkTables({ version, wanted }: StoreState, isShared: boolean): Finding[] {
  const check = isShared ? 'database tables' : 'store tables';
  if (version === 0) return isShared ? [finding(check, 'ok', 'none yet: the first call makes them')] : [];
  if (version < wanted) {
    const detail = `version ${version}, and this Tenantry works with version ${wanted}: stored connections were not looked at`;
    return [finding(check, 'warn', detail, 'The first call updates them; tenantry store migrate does it now.')];
  }
  if (version > wanted) {
    const detail = `version ${version} was made by a newer Tenantry; this one works with version ${wanted}`;
    return [finding(check, 'fail', detail, 'Use the newer version everywhere, or another store.')];
  }
  return isShared ? [finding(check, 'ok', `version ${version}`)] : [];
}

function rightKey({ key }: StoreState): Finding {
  const said = key === 'right' ? 'the one that the store is under' : 'nothing is under it yet';
  return finding('master key', 'ok', said);
}

function checkRotation({ rotation }: StoreState): Finding[] {
  const check = 'rotation';
  if (rotation === 'under way') {
    const detail = 'it is not finished: some rows are still under the earlier master key';
    return [
      finding(check, 'warn', detail, 'Keep both keys, and run tenantry store rotate-key: it goes on where it was.'),
    ];
  }
  if (rotation === 'prepared') {
    const detail = 'two master keys are known, and the store is under the earlier one';
    return [finding(check, 'warn', detail, 'Run tenantry store rotate-key once every node has both.')];
  }
  if (rotation === 'none') return [];
  return [finding(check, 'ok', 'everything is under the new master key: store.previous_master_key may be taken out')];
}
