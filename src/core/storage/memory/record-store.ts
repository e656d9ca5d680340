import type { ConnectionRecord } from '../../record/connection.ts';
import type { ConnectionStore } from '../record-store.ts';
import { nameTaken } from '../sqlite/record-store.ts';

/** Records in memory, for the sandbox and for tests. Copies go in and out, as with a real store. */
export function createMemoryStore(): ConnectionStore {
  const records = new Map<string, ConnectionRecord>();
  return {
    async list() {
      return [...records.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map((record) => structuredClone(record));
    },
    async get(name) {
      const record = records.get(name);
      return record === undefined ? undefined : structuredClone(record);
    },
    async insert(record) {
      if (record.revision !== 1) throw new Error('A new record begins with revision 1.');
      if ([...records.values()].some(({ name, id }) => name === record.name || id === record.id)) {
        throw nameTaken(record.name);
      }
      records.set(record.name, structuredClone(record));
    },
    async replace(record) {
      const current = records.get(record.name);
      if (current?.id !== record.id || current.revision !== record.revision - 1) return false;
      records.set(record.name, structuredClone(record));
      return true;
    },
    async remove(id, revision) {
      const current = [...records.values()].find((record) => record.id === id);
      return current?.revision === revision && records.delete(current.name);
    },
    async close() {
      records.clear();
    },
  };
}
