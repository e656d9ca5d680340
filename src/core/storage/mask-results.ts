import type { ResultStore } from './result-store.ts';

export interface ResultMask {
  /** Takes known secret values out of the JSON of an item or a page. */
  readonly mask: (json: string) => string;
  /** Whether `mask` would take anything out of a text, given as UTF-8. */
  readonly holdsSecret: (bytes: Buffer) => boolean;
}

/** The store as seen by the collectors of lists: no known secret gets into it, wherever it keeps what it is given. */
export function maskResults(store: ResultStore, { mask, holdsSecret }: ResultMask): ResultStore {
  return {
    async create(caller) {
      const writer = await store.create(caller);
      return {
        id: writer.id,
        get left() {
          return writer.left;
        },
        append: (lines) => writer.append(lines.map((line) => mask(line))),
        appendPage: (json, items) => {
          const bytes = holdsSecret(json) ? Buffer.from(mask(json.toString('utf8')), 'utf8') : json;
          return writer.appendPage(bytes, items);
        },
        finish: (about) => writer.finish(about),
        discard: () => writer.discard(),
      };
    },
    read: (id, caller, position, maxBytes) => store.read(id, caller, position, maxBytes),
    sweep: () => store.sweep(),
  };
}
