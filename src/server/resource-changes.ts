import { ResourceNotFoundError, type Server } from '@modelcontextprotocol/server';
import type { Caller } from '../core/base/caller.ts';
import { shownLine } from '../core/base/clean-text.ts';
import type { ConnectionWatches } from '../core/connections/connection-watches.ts';
import { isWatched, resourcesAbout } from '../resources/listed-resources.ts';
import { callerOf } from './caller-of.ts';

/** What clients are told of. */
export interface ResourceChange {
  readonly isListChanged: boolean;
  /** Addresses of the resources whose content is another one now. */
  readonly uris: readonly string[];
}

/** Changes of the resources, for clients that have asked for them. */
export interface ResourceChanges {
  /** What changes from here on is told to the caller. A client that has read nothing has nothing that could be out of date. */
  begin(caller: Caller): Promise<void>;
  /** A caller has come with what may be a newer sign-in: it says what they see. */
  renew(caller: Caller): void;
  /** Whether changes of the resource are told. */
  isWatched(uri: string): boolean;
  /** Calls `listener` with each change of what the caller sees, until the returned function is called. */
  subscribe(caller: Caller, listener: (change: ResourceChange) => void): () => void;
}

/** Resources about connections change with them; the others are the same for the life of a process, or always new. */
export function resourceChanges(watch: ConnectionWatches): ResourceChanges {
  return {
    begin: watch.begin,
    renew: watch.renew,
    isWatched,
    subscribe: (caller, listener) =>
      watch.subscribe(caller, ({ names, isListChanged }) => listener({ isListChanged, uris: resourcesAbout(names) })),
  };
}

/** Resources that one client may subscribe to. */
const mostSubscriptions = 1_000;

/** Tells one client of the 2025 family, as long as its server lives: of the list always, of resources that it named. */
export function tellLegacyClient(server: Server, changes: ResourceChanges, caller: Caller): void {
  const wanted = new Set<string>();
  server.setRequestHandler('resources/subscribe', async ({ params: { uri } }, context) => {
    if (!changes.isWatched(uri) || wanted.size >= mostSubscriptions) {
      throw new ResourceNotFoundError(shownLine(uri.slice(0, 2_000)), 'Changes of this resource are not told.');
    }
    wanted.add(uri);
    // The same caller, as they have signed in by now: a session lives longer than a token.
    await changes.begin(callerOf(context));
    return {};
  });
  server.setRequestHandler('resources/unsubscribe', ({ params: { uri } }) => {
    wanted.delete(uri);
    return {};
  });
  tell(server, changes, caller, (uri) => wanted.has(uri));
}

/** Tells one client of the 2026 family on stdio: the SDK passes on to it what it listens to. */
export function tellModernClient(server: Server, changes: ResourceChanges, caller: Caller): void {
  tell(server, changes, caller, () => true);
}

function tell(server: Server, changes: ResourceChanges, caller: Caller, isWanted: (uri: string) => boolean): void {
  // A client that has gone is told nothing.
  const ignore = () => undefined;
  server.onclose = changes.subscribe(caller, ({ isListChanged, uris }) => {
    if (isListChanged) server.sendResourceListChanged().catch(ignore);
    for (const uri of uris.filter(isWanted)) server.sendResourceUpdated({ uri }).catch(ignore);
  });
}
