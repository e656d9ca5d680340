import { expect, test } from 'vitest';
import { createArmClient, production } from './support/arm-client.ts';

const list = `${production}/resources`;
const namesOf = (pages: readonly { readonly body: { readonly value: readonly { readonly name: string }[] } }[]) =>
  pages.flatMap(({ body }) => body.value.map(({ name }) => name));

async function paged(setting: object) {
  const arm = await createArmClient();
  const whole = namesOf(await arm.pages(list));
  arm.sandbox.placeObject('arm', 'paging', { page_size: 10, ...setting });
  return { arm, whole };
}

test('pages are joined by opaque links of more than 2 KB', async () => {
  const { arm, whole } = await paged({});
  const pages = await arm.pages(list);
  expect(pages.length).toBe(Math.ceil(whole.length / 10));
  expect(namesOf(pages)).toEqual(whole);
  const link = new URL(pages[0]?.body.nextLink);
  expect(link.href.length).toBeGreaterThan(2048);
  expect(link.origin).toBe(arm.sandbox.cloud.resourceManager);
  expect(link.searchParams.getAll('api-version')).toHaveLength(1);
});

test('the middle page can be empty', async () => {
  const { arm, whole } = await paged({ behaviour: 'empty_middle' });
  const pages = await arm.pages(list);
  expect(pages[1]?.body.value).toEqual([]);
  expect(namesOf(pages)).toEqual(whole);
});

test('the second page can answer 429 once', async () => {
  const { arm } = await paged({ behaviour: 'throttled_second' });
  const { nextLink } = (await arm.get(list)).body;
  const answers = [await arm.get(nextLink), await arm.get(nextLink)];
  expect(answers.map(({ status, headers }) => [status, headers['retry-after']])).toEqual([
    [429, '1'],
    [200, undefined],
  ]);
});

test('links can be relative, without api-version, or lead to another host', async () => {
  for (const [behaviour, shape] of [
    ['relative_link', /^\/subscriptions\/.*api-version=/],
    ['no_api_version', /^https:\/\/management\.sandbox\.invalid\/(?!.*api-version)/],
    ['foreign_host', /^https:\/\/arm\.elsewhere\.invalid\//],
  ] as const) {
    const { arm } = await paged({ behaviour, match: '*/resources' });
    expect((await arm.get(list)).body.nextLink).toMatch(shape);
  }
});

test('$top is the size of a page, from 1 to 1000', async () => {
  const arm = await createArmClient();
  expect((await arm.get(`${list}?$top=3`)).body.value).toHaveLength(3);
  for (const top of ['0', '1001', 'x']) expect((await arm.get(`${list}?$top=${top}`)).status).toBe(400);
});

test('a link belongs to its list, and a forged one is refused', async () => {
  const { arm } = await paged({});
  const { nextLink } = (await arm.get(list)).body;
  const moved = await arm.get(nextLink.replace('/resources?', '/resourcegroups?'));
  const forged = await arm.get(nextLink.replace(/skiptoken=.{20}/i, 'skiptoken=abc'));
  for (const answer of [moved, forged])
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'InvalidSkipToken' } } });
});
