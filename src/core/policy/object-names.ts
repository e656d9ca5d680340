import type { GraphApi } from '../apis/graph/graph-api.ts';
import type { CallContext } from '../base/call-context.ts';
import { AppError } from '../base/errors.ts';
import { isRecord, member, textOf } from '../base/guards.ts';
import { isGuid } from '../base/guid.ts';
import type { BatchItem } from '../http/batch/batch-item.ts';
import { signedInUser } from './addresses/address.ts';

/** An object of the directory by any of its keys: id, user principal name, `appid=…`, the signed-in user. */
export interface AskedObject {
  readonly collection: string;
  readonly key: string;
}

/** What policy has to know about an object. `absent` where there is none; `unknown` where it could not be read. */
export type KnownObject = 'absent' | 'unknown' | Readonly<Record<string, unknown>>;

/** Properties, for all objects or by collection. */
type Select = string | ((collection: string) => string);

/** Reads objects of the directory for decisions. Reads only, past the rules: they do not bind the one who checks them. */
export interface ObjectNames {
  /** Undefined when it cannot be found out. */
  areSame(collection: string, one: string, other: string): Promise<boolean | undefined>;
  /** In the order of the objects; `select` names the properties, for all or by collection. */
  read(objects: readonly AskedObject[], select: Select): Promise<readonly KnownObject[]>;
  /** Ids of the members of a directory role that can sign in; undefined when they could not be read. */
  readMembers(collection: string, key: string): Promise<readonly string[] | undefined>;
}

/** Names of alternate keys as Graph wants them. https://learn.microsoft.com/graph/api/resources/application */
const keyNames: Readonly<Record<string, string>> = {
  appid: 'appId',
  deviceid: 'deviceId',
  roletemplateid: 'roleTemplateId',
  uniquename: 'uniqueName',
  userprincipalname: 'userPrincipalName',
};

const properNames: Readonly<Record<string, string>> = {
  directoryobjects: 'directoryObjects',
  directoryroles: 'directoryRoles',
  serviceprincipals: 'servicePrincipals',
};

/** The path of an object; undefined where the key is of a kind that is not known. */
function objectPath({ collection, key }: AskedObject): string | undefined {
  if (key === signedInUser) return '/me';
  const name = properNames[collection] ?? collection;
  const [, alternate, value = ''] = /^([a-z]+)=(.*)$/s.exec(key) ?? [];
  if (alternate === undefined) return `/${name}/${encodeURIComponent(key)}`;
  const proper = keyNames[alternate];
  return proper && `/${name}(${proper}='${encodeURIComponent(value.replaceAll("'", "''"))}')`;
}

/** Lookups of one call: what was read once is not read again. */
export function readObjectNames(graph: GraphApi, call: CallContext): ObjectNames {
  const quiet: CallContext = { ...call, note: () => undefined, progress: () => undefined };
  const known = new Map<string, KnownObject>();

  async function read(objects: readonly AskedObject[], select: Select): Promise<readonly KnownObject[]> {
    const asked = objects.map((object) => {
      const $select = typeof select === 'string' ? select : select(object.collection);
      return { $select, url: objectPath(object), name: `${$select} ${object.collection}/${object.key}` };
    });
    const missing = new Map<string, BatchItem>();
    for (const { $select, url, name } of asked) {
      if (url === undefined || known.has(name) || missing.has(name)) continue;
      missing.set(name, { id: String(missing.size), method: 'GET', url, params: { $select } });
    }
    if (missing.size > 0) await readMissing(missing);
    return asked.map(({ name }) => known.get(name) ?? 'unknown');
  }

  async function readMissing(missing: ReadonlyMap<string, BatchItem>): Promise<void> {
    const items = [...missing.values()];
    const answers = await graph.batch(items, { continueOnError: true }, quiet).catch(passCancellation(call));
    const byId = new Map(answers?.responses.map((response) => [response.id, response]));
    for (const [name, { id = '' }] of missing) {
      const answer = byId.get(id);
      if (answer?.status === 404) known.set(name, 'absent');
      if (answer?.success === true && isRecord(answer.body)) known.set(name, answer.body);
    }
  }

  async function readMembers(collection: string, key: string): Promise<readonly string[] | undefined> {
    const path = objectPath({ collection, key });
    const ids: string[] = [];
    try {
      const request = { method: 'GET', path: `${path}/members`, params: { $select: 'id,accountEnabled' } } as const;
      for await (const { items } of graph.pages(request, {}, quiet)) {
        // Members without the property are groups and apps: they can hold the role as well.
        const able = items.filter((item) => isRecord(item) && item['accountEnabled'] !== false);
        ids.push(...able.map((item) => textOf(member(item, 'id')).toLowerCase()));
      }
      return ids;
    } catch (error) {
      // A role that nobody was ever given is not there.
      if (error instanceof AppError && error.code === 'not_found') return [];
      return passCancellation(call)(error);
    }
  }
  return {
    read,
    readMembers,
    async areSame(collection, one, other) {
      const ids = await read(
        [
          { collection, key: one },
          { collection, key: other },
        ],
        'id',
      );
      const [left, right] = ids.map((object, at) => {
        const key = at === 0 ? one : other;
        // An id needs no reading, and may be that of an object that is gone.
        if (isGuid(key)) return key.toLowerCase();
        return typeof object === 'string' ? object : textOf(object['id']).toLowerCase();
      });
      if (left === 'absent' || right === 'absent') return false;
      return left === 'unknown' || right === 'unknown' || left === '' || right === '' ? undefined : left === right;
    },
  };
}

/** A lookup that failed is something that is not known; a call that is over ends. */
function passCancellation(call: CallContext): (error: unknown) => undefined {
  return (error) => {
    if (call.signal.aborted) throw error;
    return undefined;
  };
}
