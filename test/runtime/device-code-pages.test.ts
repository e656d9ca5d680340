import { afterEach, expect, test } from 'vitest';
import type { PersonPage } from '../../src/core/base/authority.ts';
import { systemClock } from '../../src/core/base/clock.ts';
import { lazy } from '../../src/core/base/lazy.ts';
import { createLogger } from '../../src/core/telemetry/logger.ts';
import { createPageHost } from '../../src/pages/page-host.ts';
import { createDeviceCodePages } from '../../src/runtime/device-code-pages.ts';
import { ada, bob } from '../support/people.ts';

const host = createPageHost({ clock: systemClock });
afterEach(() => host.close());

test('a code is shown to calls of its owner over its connection, whatever others call theirs', async () => {
  const shown: [string, PersonPage][] = [];
  const told = Promise.withResolvers<void>();
  const pages = createDeviceCodePages({
    pages: lazy(async () => host),
    announce: () => undefined,
    logger: createLogger({ destination: { write: () => undefined } }),
  });
  const follow = (who: string, ...[names, caller]: [string, typeof ada]) =>
    pages.follow(names, caller, (page) => shown.push([who, page]));
  follow('another person, of the same name', 'mine', bob);
  follow('the owner, elsewhere', 'other', ada);
  follow('the owner, who has gone', 'mine', ada)();
  follow('the owner', 'other, mine', ada);
  // The last one to be told.
  pages.follow('mine', ada, () => told.resolve());
  pages.show({
    message: 'Enter the code.',
    userCode: 'ABCD-EFGH',
    verificationUri: 'https://login.example/device',
    connection: 'mine',
    owner: ada.id,
    signedIn: new Promise(() => undefined),
  });
  await told.promise;
  expect(shown.map(([who]) => who)).toEqual(['the owner']);
});
