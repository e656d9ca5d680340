import type { Caller } from '../../core/base/caller.ts';
import type { EventFeed, PageEvent } from '../event-feed.ts';
import type { Html } from '../html.ts';
import type { FormProblem, Submission } from '../page-host.ts';

/** A request of somebody who has signed in. */
export interface PageVisit {
  readonly caller: Caller;
  /** What follows the area in the address. */
  readonly rest: readonly string[];
  /** Address of one of our pages, as links have it. */
  link(path: string): string;
  /** Stands in every form. */
  readonly token: Html;
}

/** What a browser is shown. */
export interface PageView {
  /** Default 200. */
  readonly status?: number;
  readonly title: string;
  readonly body: Html;
  /** Whether `page.js` sends the form of the page. */
  readonly isScripted?: boolean;
  /** How the last attempt on this page ended. */
  readonly last?: PageEvent;
}

/**
 * The pages below one part of the address. A room sees requests of people who have signed in only, and answers undefined
 * where nothing is there for this person: whether something is there for another one makes no difference.
 */
export interface PageRoom {
  readonly area: string;
  show(visit: PageVisit): Promise<PageView | undefined>;
  /** Takes a plain form of one of its pages. */
  take?(visit: PageVisit, form: URLSearchParams): Promise<PageView | undefined>;
  /** Takes what `page.js` sends: what has to be mended, or what comes of it. */
  submit?(visit: PageVisit, values: Submission): Promise<readonly FormProblem[] | EventFeed | undefined>;
}
