import type { Clock } from '../../core/base/clock.ts';
import type { Cloud } from '../../core/base/clouds.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ConnectionService } from '../../core/connections/connection-service.ts';
import type { Secret } from '../../core/secrets/secret.ts';
import { createEventFeed, type EventFeed } from '../event-feed.ts';
import type { PageContent } from '../page-host.ts';
import { pageCall } from '../prompt-words.ts';
import { isSame } from '../read-form.ts';
import { createSecretPage } from '../secret-page.ts';
import { pageAreas } from './page-paths.ts';
import type { PageRoom, PageVisit } from './page-room.ts';
import type { PagePlace, StoredPages, StoredSecretPage } from './stored-pages.ts';

export interface EnterRoomOptions {
  readonly pages: StoredPages;
  readonly connections: Pick<ConnectionService, 'find' | 'promptAgain'>;
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly clock: Clock;
  readonly hide: (secret: Secret) => void;
  readonly onError: (error: unknown) => void;
}

/** A stored page as it works now. */
interface OpenedPage {
  readonly content: PageContent;
  readonly last: StoredSecretPage['last'];
  /** What the browser is told: how an attempt ended only once that is stored. */
  readonly told: EventFeed;
}

/** Pages that take a secret: `/enter/<connection>/<id>`, for the caller whose call asked, until it works. */
export function createEnterRoom(options: EnterRoomOptions): PageRoom {
  return {
    area: pageAreas.enter,
    async show(visit) {
      const opened = await open(visit, 2, options);
      if (opened === undefined) return undefined;
      const { content, last } = opened;
      const body = await content.render();
      return { title: content.title, body, isScripted: true, ...withoutUndefined({ last }) };
    },
    async submit(visit, values) {
      const opened = await open(visit, 3, options);
      if (opened === undefined) return undefined;
      const problems = await opened.content.submit(visit.rest[2] ?? '', values);
      return problems.length > 0 ? problems : opened.told;
    },
  };
}

async function open(visit: PageVisit, parts: number, options: EnterRoomOptions): Promise<OpenedPage | undefined> {
  const [name = '', id = ''] = visit.rest;
  const { caller } = visit;
  if (visit.rest.length !== parts) return undefined;
  const record = await options.connections.find(name, caller);
  if (record === undefined) return undefined;
  const place = { caller: caller.id, connectionId: record.id };
  const page = await options.pages.read(place);
  // Where it works there is nothing left to enter, and the address is used up.
  if (page === undefined || !isSame(page.id, id) || page.last?.phase === 'done') return undefined;
  const request = await options.connections.promptAgain(name, page.asked, caller);
  const memory = remember(page, place, options);
  const content = createSecretPage({
    request,
    cloud: options.clouds.get(record.cloud),
    newCall: () => pageCall({ caller, granted: page.asked.granted }, options.clock, 'http'),
    hide: options.hide,
    onError: options.onError,
    onWorking: () => memory.change({ isWorking: true }),
    onStored: () => memory.change({ isCompleted: true }),
    earlier: page,
  });
  return { content, last: page.last, told: memory.follow(content.feed) };
}

/** Writes what becomes of the page, one change after the other. */
function remember(page: StoredSecretPage, place: PagePlace, { pages, onError }: EnterRoomOptions) {
  let now = page;
  let writing: Promise<void> = Promise.resolve();
  const change = (changes: Partial<StoredSecretPage>) => {
    now = { ...now, ...changes };
    const next = now;
    writing = writing.then(() => pages.write(place, next)).catch(onError);
  };
  return {
    change,
    follow(feed: EventFeed): EventFeed {
      const told = createEventFeed();
      let isBegun = false;
      feed.follow((event) => {
        if (event.type !== 'phase') {
          told.push(event);
        } else if (event.phase === 'busy') {
          isBegun = true;
          told.restart(event);
        } else if (isBegun) {
          change({ last: event });
          void writing.then(() => told.push(event));
        }
      });
      return told;
    },
  };
}
