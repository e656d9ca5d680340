import { describe, expect, test } from 'vitest';
import { createTestContext } from '../support/test-context.ts';

const { store } = createTestContext();
const users = [...store.scan('user')].map(({ entity }) => entity);

describe('the seeded tenant', () => {
  test('has 240 people, 30 groups, 144 devices and eight products', () => {
    expect(['user', 'group', 'device', 'subscribedSku'].map((type) => store.count(type as 'user'))).toEqual([
      240, 30, 144, 8,
    ]);
  });

  test('has guests, disabled, synced and unlicensed people, and some without usage location', () => {
    const count = (test: (user: (typeof users)[number]) => boolean) => users.filter(test).length;
    expect({
      guests: count((user) => user['userType'] === 'Guest'),
      disabled: count((user) => user['accountEnabled'] === false),
      synced: count((user) => user['onPremisesSyncEnabled'] === true),
      withoutLocation: count((user) => user['usageLocation'] === null),
    }).toMatchInlineSnapshot(`
      {
        "disabled": 9,
        "guests": 12,
        "synced": 76,
        "withoutLocation": 26,
      }
    `);
  });

  test('has one manager above everybody, who has none', () => {
    const [chief, , someone] = users;
    expect(store.links('user.manager', chief?.id ?? '')).toEqual([]);
    let id = someone?.id ?? '';
    for (let step = 0; step < 10; step++) id = store.links('user.manager', id)[0] ?? id;
    expect(id).toBe(chief?.id);
    for (const report of store.backlinks('user.manager', chief?.id ?? ''))
      expect(store.links('user.manager', report)).toEqual([chief?.id]);
  });

  test('counts the units in use as the people have them', () => {
    for (const { entity } of store.scan('subscribedSku')) {
      const inUse = users.filter((user) =>
        JSON.stringify(user['assignedLicenses']).includes(String(entity['skuId'])),
      ).length;
      expect([entity['skuPartNumber'], entity['consumedUnits']]).toEqual([entity['skuPartNumber'], inUse]);
    }
  });

  test('has a product with no unit left and a suspended one', () => {
    const visio = store.findByKey('subscribedSku', 'skuPartNumber', 'VISIOCLIENT');
    expect(visio?.['prepaidUnits']).toMatchObject({ enabled: visio?.['consumedUnits'] });
    expect(store.findByKey('subscribedSku', 'skuPartNumber', 'PROJECTPROFESSIONAL')).toMatchObject({
      capabilityStatus: 'Suspended',
    });
  });

  test('has the same memberships seen from the group and from the member', () => {
    const memberships = new Set<string>();
    for (const { entity } of store.scan('group')) {
      for (const member of store.links('group.members', entity.id)) memberships.add(`${entity.id} ${member}`);
    }
    const seenFromMembers = (['user', 'group', 'device'] as const).flatMap((type) =>
      [...store.scan(type)].flatMap(({ entity }) =>
        store.backlinks('group.members', entity.id).map((group) => `${group} ${entity.id}`),
      ),
    );
    expect(new Set(seenFromMembers)).toEqual(memberships);
  });

  test('has people in the role of global administrator, the emergency account among them', () => {
    const role = store.findByKey('directoryRole', 'roleTemplateId', '62e90394-69f5-4237-9190-012177145e10');
    const members = store
      .links('directoryRole.members', role?.id ?? '')
      .map((id) => store.get('user', id)?.['displayName']);
    expect(members).toContain('Emergency Access');
    expect(members).toHaveLength(3);
  });
});
