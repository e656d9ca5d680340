import { describe, expect, test } from 'vitest';
import { Caller, localCaller } from '../../../src/core/base/caller.ts';
import type { ConnectionRecord } from '../../../src/core/record/connection.ts';
import { accessOf, type Grant, grantSchema, grantsSchema, seenBy } from '../../../src/core/record/sharing.ts';
import { testRecord } from '../connections/support.ts';

const tenant = '11111111-1111-4111-8111-111111111111';
const otherTenant = '99999999-9999-4999-8999-999999999999';
const ada = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const bob = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const team = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc';
const otherTeam = 'dddddddd-dddd-4ddd-8ddd-dddddddddddd';

const caller = (object: string, groups: readonly string[] = [], of = tenant) =>
  new Caller({ id: `${of}/${object}`, groups });
const owned = (grants: readonly Grant[] | undefined, owner = `${tenant}/${ada}`) =>
  testRecord({ owner, access: 'read_write', ...(grants && { shared_with: grants }) });

describe('what a caller may do with a connection', () => {
  test.each<[string, readonly Grant[] | undefined, Caller, ReturnType<typeof accessOf>]>([
    ['its owner everything', undefined, caller(ada), 'owner'],
    ['its owner everything, also where a grant names them', [{ user: ada, access: 'read' }], caller(ada), 'owner'],
    ['somebody else nothing', undefined, caller(bob), undefined],
    ['nobody through an empty list', [], caller(bob), undefined],
    ['everyone who signs in what is given to everyone', [{ everyone: true, access: 'read' }], caller(bob), 'read'],
    ['a person what is given to them', [{ user: bob, access: 'write' }], caller(bob), 'write'],
    ['another person nothing of that', [{ user: bob, access: 'write' }], caller(team), undefined],
    ['a member what is given to a group', [{ group: team, access: 'read' }], caller(bob, [team]), 'read'],
    ['whoever left the group nothing', [{ group: team, access: 'read' }], caller(bob, [otherTeam]), undefined],
    ['nobody by the id of a group that is theirs', [{ user: team, access: 'read' }], caller(bob, [team]), undefined],
    ['nobody by their own id as a group', [{ group: bob, access: 'read' }], caller(bob), undefined],
    [
      'the most of several grants',
      [
        { everyone: true, access: 'read' },
        { group: team, access: 'write' },
      ],
      caller(bob, [team]),
      'write',
    ],
    [
      'the same object id in another directory nothing',
      [{ user: bob, access: 'read' }],
      caller(bob, [], otherTenant),
      undefined,
    ],
    [
      'the same group in another directory nothing',
      [{ group: team, access: 'read' }],
      caller(bob, [team], otherTenant),
      undefined,
    ],
    [
      'whom it names with their directory',
      [{ user: `${otherTenant}/${bob}`, access: 'read' }],
      caller(bob, [], otherTenant),
      'read',
    ],
    [
      'nobody of its own directory by the name of another',
      [{ user: `${otherTenant}/${bob}`, access: 'read' }],
      caller(bob),
      undefined,
    ],
    ['whoever has not signed in nothing', [{ everyone: true, access: 'write' }], localCaller, undefined],
  ])('gives %s', (_what, grants, who, access) => {
    expect(accessOf(owned(grants), who)).toBe(access);
  });

  test('an id counts in every directory where the owner has none', () => {
    const declared = owned([{ user: bob, access: 'read' }], localCaller.id);
    expect(accessOf(declared, caller(bob))).toBe('read');
    expect(accessOf(declared, caller(bob, [], otherTenant))).toBe('read');
    expect(accessOf(declared, localCaller)).toBe('owner');
  });

  test('a grant that says more than this version understands grants nothing', () => {
    const grants = [{ everyone: true, access: 'write', until: '2026-01-01' }] as unknown as readonly Grant[];
    expect(accessOf(owned(grants), caller(bob))).toBeUndefined();
    expect(accessOf(owned([{ group: team, user: bob, access: 'read' } as Grant]), caller(bob, [team]))).toBeUndefined();
    expect(accessOf(owned([{ access: 'write' } as Grant]), caller(bob, [team]))).toBeUndefined();
  });
});

describe('a connection as a caller may use it', () => {
  const seen = (record: ConnectionRecord, who: Caller) => seenBy(record, who)?.access;

  test('is read-only for those who may read, and at most what it is for those who may write', () => {
    const both = owned([
      { user: bob, access: 'read' },
      { group: team, access: 'write' },
    ]);
    expect(seen(both, caller(ada))).toBe('read_write');
    expect(seen(both, caller(bob))).toBe('read_only');
    expect(seen(both, caller(otherTeam, [team]))).toBe('read_write');
    expect(seen({ ...both, access: 'read_only' }, caller(otherTeam, [team]))).toBe('read_only');
    expect(seenBy(both, caller(otherTeam))).toBeUndefined();
  });
});

describe('a grant as people write it', () => {
  test('names exactly one of everyone, a group and a user, by their ids', () => {
    expect(grantSchema.parse({ group: ` ${team.toUpperCase()}`, access: 'read' })).toEqual({
      group: team,
      access: 'read',
    });
    expect(grantSchema.parse({ user: `${tenant}/${bob}`, access: 'write' })).toMatchObject({ access: 'write' });
    for (const wrong of [
      { access: 'read' },
      { everyone: true, user: bob, access: 'read' },
      { everyone: false, access: 'read' },
      { everyone: true },
      { everyone: true, access: 'manage' },
      { user: 'bob@contoso.example', access: 'read' },
      { group: `${tenant}/${team}/x`, access: 'read' },
      { group: team, access: 'read', until: 'x' },
    ]) {
      expect(grantSchema.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });

  test('a connection has at most 200', () => {
    const many = (count: number) => Array.from({ length: count }, () => ({ everyone: true, access: 'read' }));
    expect(grantsSchema.safeParse(many(200)).success).toBe(true);
    expect(grantsSchema.safeParse(many(201)).success).toBe(false);
  });
});
