import type { SavedState, StateKey } from '../saved-state.ts';

/** Keeps facts for the life of the process: for tests and for a server without a home directory. */
export class MemorySavedState implements SavedState {
  readonly #values = new Map<string, string>();

  async get(key: StateKey): Promise<unknown> {
    const text = this.#values.get(textOf(key));
    return text === undefined ? undefined : JSON.parse(text);
  }

  async set(key: StateKey, value: unknown): Promise<void> {
    this.#values.set(textOf(key), JSON.stringify(value));
  }

  async remove(key: StateKey): Promise<void> {
    this.#values.delete(textOf(key));
  }
}

function textOf({ caller, connectionId, name }: StateKey): string {
  return JSON.stringify([caller, connectionId, ...name]);
}
