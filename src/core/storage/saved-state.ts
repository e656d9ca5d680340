/**
 * Small facts that outlive a call and a process, such as the position of a delta query. Nothing secret belongs here.
 * `FileSavedState` keeps them under the home directory, `MemorySavedState` for as long as the process lives.
 */
export interface SavedState {
  /** The value that was set last, parsed from JSON; undefined when there is none. Untrusted: parse it with a schema. */
  get(key: StateKey): Promise<unknown>;
  /** Replaces the value as a whole; `value` must be JSON. */
  set(key: StateKey, value: unknown): Promise<void>;
  /** Resolves also when there is nothing to remove. */
  remove(key: StateKey): Promise<void>;
}

/** Names a fact within its owner: `['graph_delta', 'staff']` of one connection of one caller. */
export interface StateKey {
  readonly caller: string;
  readonly connectionId: string;
  readonly name: readonly string[];
}
