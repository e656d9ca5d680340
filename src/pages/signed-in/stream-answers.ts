import type { ServerResponse } from 'node:http';
import type { EventFeed } from '../event-feed.ts';
import { safeHeaders } from '../page-guards.ts';

/**
 * What comes of a form, as the answer to it: one JSON line for each event until nothing is at work any more. So the page
 * needs no second request, which might reach another node.
 */
export function streamAnswers(feed: EventFeed, response: ServerResponse): void {
  response.writeHead(200, {
    ...safeHeaders,
    'content-type': 'application/x-ndjson; charset=utf-8',
    // Proxies that gather answers would show nothing until the end.
    'x-accel-buffering': 'no',
  });
  response.write('\n');
  const unfollow = feed.follow((event) => {
    response.write(`${JSON.stringify(event)}\n`);
    if (event.type === 'phase' && event.phase !== 'busy') response.end();
  });
  response.once('close', unfollow);
}
