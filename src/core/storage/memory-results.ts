import type { Clock } from '../base/clock.ts';
import { newResultId, type ResultLimits, type ResultStore, type StoredResult } from './result-store.ts';
import { type SavedState, type StateKey, stateFull, stateLimits, stateTooLong } from './saved-state.ts';

/** Long lists for the life of the process. */
export function createMemoryResults(clock: Clock, limits: ResultLimits): ResultStore {
  const finished = new Map<
    string,
    { readonly result: StoredResult; readonly items: readonly string[]; bytes: number }
  >();
  const forgetExpired = () => {
    for (const [id, { result }] of finished) if (result.expiresAt <= clock.now()) finished.delete(id);
  };
  return {
    async create(caller) {
      forgetExpired();
      const own = [...finished].filter(([, { result }]) => result.caller === caller);
      let usedBytes = own.reduce((sum, [, { bytes }]) => sum + bytes, 0);
      let count = own.length;
      for (const [old, { bytes }] of own) {
        if (count < limits.most && usedBytes + limits.mostBytes <= limits.mostBytesTogether) break;
        finished.delete(old);
        usedBytes -= bytes;
        count -= 1;
      }
      const id = newResultId();
      const most = Math.min(limits.mostBytes, limits.mostBytesTogether - usedBytes);
      const items: string[] = [];
      let bytes = 0;
      const take = (lines: readonly string[], size: number) => {
        bytes += size;
        items.push(...lines);
      };
      return {
        id,
        get left() {
          return most - bytes;
        },
        async append(lines) {
          take(
            lines,
            lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
          );
        },
        async appendPage(json) {
          // The page was parsed, and its items counted, before it was stored.
          const { value } = JSON.parse(json.toString('utf8')) as { value: unknown[] };
          take(
            value.map((item) => JSON.stringify(item)),
            json.length,
          );
        },
        async finish(about) {
          const result = { ...about, id, items: items.length, expiresAt: clock.now() + limits.ttlMs };
          finished.set(id, { result, items, bytes });
          return result;
        },
        async discard() {
          finished.delete(id);
        },
      };
    },
    async read(id, caller, position, maxBytes) {
      const stored = finished.get(id);
      if (stored?.result.caller !== caller || stored.result.expiresAt <= clock.now()) return undefined;
      const items: unknown[] = [];
      let bytes = 0;
      for (const item of stored.items.slice(position)) {
        bytes += Buffer.byteLength(item) + 1;
        if (items.length > 0 && bytes > maxBytes) break;
        items.push(JSON.parse(item));
      }
      return { result: stored.result, items, position };
    },
    async sweep() {
      forgetExpired();
    },
  };
}

/** Small facts for the life of the process. */
export function createMemoryState(clock: Clock): SavedState {
  const values = new Map<string, { readonly text: string; readonly expiresAt: number; readonly caller: string }>();
  const textOf = ({ caller, connectionId, name }: StateKey) => JSON.stringify([caller, connectionId, ...name]);
  const forgetExpired = () => {
    for (const [key, { expiresAt }] of values) if (expiresAt <= clock.now()) values.delete(key);
  };
  return {
    async get(key) {
      forgetExpired();
      const text = values.get(textOf(key))?.text;
      return text === undefined ? undefined : JSON.parse(text);
    },
    async set(key, value, { expiresAt } = { expiresAt: Number.POSITIVE_INFINITY }) {
      forgetExpired();
      const text = JSON.stringify(value);
      const bytes = Buffer.byteLength(text);
      if (bytes > stateLimits.mostBytes) throw stateTooLong(bytes);
      // What passes has room of its own, as each caller has, and the next to end goes first; Map keeps the order in which
      // they came.
      const isPassing = expiresAt !== Number.POSITIVE_INFINITY;
      const others = [...values].filter(
        ([other, one]) =>
          other !== textOf(key) &&
          one.caller === key.caller &&
          (one.expiresAt !== Number.POSITIVE_INFINITY) === isPassing,
      );
      let used = others.reduce((sum, [, one]) => sum + Buffer.byteLength(one.text), bytes);
      for (const [other, one] of isPassing ? others : []) {
        if (used <= stateLimits.mostBytesTogether) break;
        values.delete(other);
        used -= Buffer.byteLength(one.text);
      }
      if (used > stateLimits.mostBytesTogether) throw stateFull();
      values.set(textOf(key), { text, expiresAt, caller: key.caller });
    },
    async remove(key) {
      values.delete(textOf(key));
    },
    async sweep() {
      forgetExpired();
    },
  };
}
