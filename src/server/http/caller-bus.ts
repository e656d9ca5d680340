import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerEventBus } from '@modelcontextprotocol/server';
import type { Caller } from '../../core/base/caller.ts';
import type { ResourceChanges } from '../resource-changes.ts';

/** Tells clients of the modern family that listen: each of what its own caller sees. */
export interface CallerBus extends ServerEventBus {
  /** Whoever subscribes while `serve` runs does so for this caller. */
  servedFor<Result>(caller: Caller, serve: () => Result): Result;
}

/**
 * The bus that the SDK hands each listener to does not say whose it is, so that is known from the request which is being
 * served. A listener of nobody hears nothing.
 */
export function createCallerBus(changes: ResourceChanges): CallerBus {
  const served = new AsyncLocalStorage<Caller>();
  return {
    servedFor: (caller, serve) => served.run(caller, serve),
    // Everything that changes is found by the watch of a caller; an event for all would tell one what another one has.
    publish: () => undefined,
    subscribe(listener) {
      const caller = served.getStore();
      if (caller === undefined) return () => undefined;
      void changes.begin(caller);
      return changes.subscribe(caller, ({ isListChanged, uris }) => {
        if (isListChanged) listener({ kind: 'resources_list_changed' });
        for (const uri of uris) listener({ kind: 'resource_updated', uri });
      });
    },
  };
}
