import { beforeAll, describe, expect, test } from 'vitest';
import { wordsOf } from '../../../../src/sandbox/graph/query/search.ts';
import { createSandboxClient, eventual, type SandboxClient } from '../../support/sandbox-client.ts';

let client: SandboxClient;
beforeAll(async () => {
  client = await createSandboxClient();
});

const failure = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
  const { status, body } = await client.get(path, headers);
  return [status, body.error?.code];
};

describe('$select', () => {
  test('without it a user shows eleven properties and the tip to select', async () => {
    const { body } = await client.get('/users?$top=1');
    expect(Object.keys(body.value[0]).toSorted()).toEqual([
      'businessPhones',
      'displayName',
      'givenName',
      'id',
      'jobTitle',
      'mail',
      'mobilePhone',
      'officeLocation',
      'preferredLanguage',
      'surname',
      'userPrincipalName',
    ]);
    expect(body['@microsoft.graph.tips']).toMatch(/^Use \$select to choose only the properties your app needs/);
  });

  test('with it only the selection is shown, and the context names it', async () => {
    const { body } = await client.get('/users?$top=1&$select=displayName,accountEnabled');
    expect(Object.keys(body.value[0])).toEqual(['displayName', 'accountEnabled']);
    expect(body['@odata.context']).toMatch(/#users\(displayName,accountEnabled\)$/);
    expect(body).not.toHaveProperty('@microsoft.graph.tips');
  });

  test('a group shows its licences only when they are selected', async () => {
    const plain = (await client.get('/groups?$top=1')).body.value[0];
    const selected = (await client.get('/groups?$top=1&$select=assignedLicenses')).body.value[0];
    expect(plain).toHaveProperty('securityEnabled');
    expect(plain).not.toHaveProperty('assignedLicenses');
    expect(Array.isArray(selected.assignedLicenses)).toBe(true);
  });

  test.each(['aboutMe', 'birthday', 'hireDate', 'interests', 'mailboxSettings', 'mySite', 'pastProjects', 'skills'])(
    '%s is out of reach on the collection and can be asked of one user',
    async (name) => {
      expect(await failure(`/users?$select=id,${name}`)).toEqual([501, 'NotImplemented']);
      const id = (await client.get('/users?$top=1&$select=id')).body.value[0].id;
      expect((await client.get(`/users/${id}?$select=${name}`)).status).toBe(200);
    },
  );

  test.each([
    '/users?$select=nonsense',
    '/groups?$select=userPrincipalName',
    '/users?$select=id,',
    '/devices?$select=owners',
  ])('%s is refused', async (path) => {
    expect(await failure(path)).toEqual([400, 'BadRequest']);
  });
});

describe('$top, $skip and unknown options', () => {
  test.each([
    ['/users?$top=0', 'Request_UnsupportedQuery'],
    ['/users?$top=1000', 'Request_UnsupportedQuery'],
    ['/users?$top=-1', 'Request_UnsupportedQuery'],
    ['/users?$top=ten', 'Request_BadRequest'],
    ['/users?$top=1000&$select=signInActivity', 'Request_UnsupportedQuery'],
    ['/auditLogs/signIns?$top=1001', 'Request_UnsupportedQuery'],
    ['/subscribedSkus?$top=1', 'Request_UnsupportedQuery'],
    ['/organization?$top=1', 'Request_UnsupportedQuery'],
    ['/directoryRoles?$top=1', 'Request_UnsupportedQuery'],
    ['/users?$skip=10', 'BadRequest'],
    ['/groups?$skip=0', 'BadRequest'],
    ['/users?$apply=x', 'BadRequest'],
    ['/users?$count=yes', 'BadRequest'],
    ['/users?$top=1&$top=2', 'BadRequest'],
  ])('%s answers 400 %s', async (path, code) => {
    expect(await failure(path)).toEqual([400, code]);
  });

  test('a page has 100 objects when nothing is said, and at most 999', async () => {
    expect((await client.get('/users?$select=id')).body.value).toHaveLength(100);
    expect((await client.get('/users?$select=id&$top=999')).body.value).toHaveLength(240);
  });

  test('with sign-in activity a larger $top gives pages of 500', async () => {
    const large = await createSandboxClient({ users: 700 });
    const { status, body } = await large.get('/users?$top=999&$select=id,signInActivity');
    expect([status, body.value.length, typeof body['@odata.nextLink']]).toEqual([200, 500, 'string']);
  });

  test('one object takes no options of lists', async () => {
    const id = (await client.get('/users?$top=1&$select=id')).body.value[0].id;
    for (const option of ['$top=1', "$filter=displayName eq 'x'", '$orderby=displayName', '$count=true']) {
      expect(await failure(`/users/${id}?${option}`)).toEqual([400, 'BadRequest']);
    }
  });
});

describe('$count', () => {
  test('without the header it is ignored in silence', async () => {
    const { status, body } = await client.get('/users?$count=true&$top=1');
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('@odata.count');
  });

  test('with the header, in any case, the first page says how many there are', async () => {
    for (const headers of [{ ConsistencyLevel: 'eventual' }, { consistencylevel: 'Eventual' }]) {
      const [first, second] = await client.pages('/users?$count=true&$top=150&$select=id', headers);
      expect(first?.body['@odata.count']).toBe(240);
      expect(second?.body).not.toHaveProperty('@odata.count');
    }
  });

  test('/$count is bare digits, with the header only', async () => {
    expect(await failure('/users/$count')).toEqual([400, 'Request_BadRequest']);
    const answer = await client.get('/users/$count', eventual);
    expect([answer.text, answer.headers['content-type']]).toEqual(['240', 'text/plain']);
    const some = await client.get("/users/$count?$filter=userType ne 'Member'", eventual);
    expect(Number(some.text)).toBeLessThan(240);
  });
});

describe('$search', () => {
  test('needs the header', async () => {
    const { status, body } = await client.get('/applications?$search="displayName:tenantry"');
    expect([status, body.error.code]).toEqual([400, 'Request_UnsupportedQuery']);
    expect(body.error.message).toContain("special request header: 'ConsistencyLevel: eventual'");
  });

  test.each([
    ['/users?$search=displayName:x', 'BadRequest'],
    ['/users?$search="displayName:x" or "displayName:y"', 'BadRequest'],
    ['/users?$search="ada"', 'BadRequest'],
    ['/users?$search="aboutMe:x"', 'Request_UnsupportedQuery'],
    ['/users?$search=("displayName:x"', 'BadRequest'],
  ])('%s answers 400 %s', async (path, code) => {
    expect(await failure(path, eventual)).toEqual([400, code]);
  });

  test('the position of the first colon is named when quotes are missing', async () => {
    const { body } = await client.get('/users?$search=displayName:x', eventual);
    expect(body.error.message).toBe("Syntax error: character ':' is not valid at position 11 in 'displayName:x'.");
  });

  test('words of a name are matched from their beginning, mail from the beginning of the address', async () => {
    const names = async (search: string) => {
      const { body } = await client.get(`/users?$search=${search}&$select=displayName,mail&$top=999`, eventual);
      return body.value as readonly { readonly displayName: string; readonly mail: string | null }[];
    };
    const [someone] = await names('"displayName:a"');
    const [given = '', surname = ''] = someone?.displayName.split(' ') ?? [];
    expect((await names(`"displayName:${surname}"`)).map((one) => one.displayName)).toContain(someone?.displayName);
    expect((await names(`"displayName:${surname} ${given}"`)).length).toBeGreaterThan(0);
    expect(await names(`"displayName:${surname.slice(1)}"`)).not.toContainEqual(someone);
    expect(await names(`"mail:${surname}.zzz"`)).toEqual([]);
    const both = await names(`"displayName:${given}" AND "displayName:${surname}"`);
    const either = await names(`("displayName:${given}") OR "displayName:${surname}"`);
    expect(either.length).toBeGreaterThanOrEqual(both.length);
  });

  test.each([
    ['HelloWorld', ['hello', 'world']],
    ['hello.world', ['hello', 'world']],
    ['Team42 North-West', ['team', '42', 'north', 'west']],
    ['HRPortal', ['hr', 'portal']],
    ['Zoë Almeida', ['zoë', 'almeida']],
  ])('%s is split into %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});

describe('$orderby', () => {
  test.each([
    ['/users?$orderby=displayName', 200, 200],
    ['/users?$orderby=userPrincipalName desc', 200, 200],
    ['/groups?$orderby=displayName', 200, 200],
    ['/users?$orderby=createdDateTime', 400, 200],
    ['/groups?$orderby=createdDateTime desc', 400, 200],
    ['/applications?$orderby=displayName', 400, 200],
    ['/servicePrincipals?$orderby=displayName', 400, 200],
    ['/devices?$orderby=approximateLastSignInDateTime desc', 400, 200],
    ['/contacts?$orderby=displayName', 400, 200],
    ['/users?$orderby=mail', 400, 400],
    ['/groups?$orderby=mail', 400, 400],
    ['/users?$orderby=nonsense', 400, 400],
    ['/users?$orderby=displayName down', 400, 400],
    ['/users?$orderby=displayName&$filter=accountEnabled eq true', 400, 200],
    ['/auditLogs/signIns?$orderby=createdDateTime', 200, 200],
    ['/auditLogs/signIns?$orderby=userId', 400, 400],
  ])('%s answers %i by default and %i with advanced parameters', async (path, byDefault, advanced) => {
    const then = await client.get(`${path}&$count=true`, eventual);
    expect([(await client.get(path)).status, then.status]).toEqual([byDefault, advanced]);
  });

  test('sorted pages join into a sorted list of everybody', async () => {
    const pages = await client.pages('/users?$orderby=displayName desc&$select=id,displayName&$top=50');
    const names = pages.flatMap((page) => page.body.value.map((user: { displayName: string }) => user.displayName));
    expect(names).toHaveLength(240);
    expect(names).toEqual(names.toSorted(new Intl.Collator('en', { sensitivity: 'base' }).compare).toReversed());
  });
});

describe('$expand', () => {
  test('shows at most twenty objects of one relationship, without a link to more', async () => {
    const { body } = await client.get('/groups?$expand=members&$select=id,displayName&$top=1');
    expect(body.value[0].members).toHaveLength(20);
    expect(body.value[0].members[0]['@odata.type']).toMatch(/^#microsoft\.graph\./);
    expect(body.value[0]).not.toHaveProperty('members@odata.nextLink');
  });

  test('selects inside the parentheses', async () => {
    const { body } = await client.get('/users?$expand=manager($select=id)&$select=displayName&$top=20');
    const managed = body.value.find((user: { manager?: unknown }) => user.manager);
    expect(Object.keys(managed.manager).toSorted()).toEqual(['@odata.type', 'id']);
  });

  test('goes up to the top with advanced parameters', async () => {
    interface Managed {
      readonly manager?: Managed;
    }
    const chain = (user: Managed): number => (user.manager ? 1 + chain(user.manager) : 0);
    const path = '/users?$expand=manager($levels=max;$select=id)&$select=id&$top=50';
    expect(await failure(path)).toEqual([400, 'Request_UnsupportedQuery']);
    const { body } = await client.get(`${path}&$count=true`, eventual);
    expect(Math.max(...body.value.map(chain))).toBeGreaterThan(1);
  });

  test.each([
    ['/users?$expand=manager,memberOf', 'BadRequest'],
    ['/groups?$expand=members($top=5)', 'BadRequest'],
    ["/groups?$expand=members($filter=displayName eq 'x')", 'BadRequest'],
    ['/users?$expand=nonsense', 'BadRequest'],
    ['/users?$expand=photo', 'ExpandNotSupported'],
    ['/users?$expand=messages', 'ExpandNotSupported'],
  ])('%s answers 400 %s', async (path, code) => {
    expect(await failure(path)).toEqual([400, code]);
  });

  test('does not go together with the index', async () => {
    expect(await failure('/users?$expand=manager&$count=true', eventual)).toEqual([400, 'Request_UnsupportedQuery']);
  });
});
