import { beforeAll, describe, expect, test } from 'vitest';
import { createSandboxClient, eventual, type SandboxClient } from '../support/sandbox-client.ts';

let client: SandboxClient;
let user: string;

beforeAll(async () => {
  client = await createSandboxClient();
  user = (await client.get('/users?$top=1&$select=id')).body.value[0].id;
});

async function problem(path: string, headers = {}) {
  const { status, body } = await client.get(path, headers);
  return [status, body?.error?.code, body?.error?.message];
}

describe('methods', () => {
  test.each([
    ['PATCH', '/users'],
    ['DELETE', '/groups'],
    ['PUT', '/users'],
    ['POST', '/users/{user}'],
    ['PUT', '/users/{user}'],
    ['POST', '/users/{user}/memberOf/$count'],
    ['POST', '/subscribedSkus'],
    ['DELETE', '/auditLogs/signIns/x'],
    ['POST', '/users/{user}/licenseDetails'],
    ['POST', '/groups/delta'],
    ['GET', '/users/{user}/assignLicense'],
    ['DELETE', '/users/{user}/sendMail'],
    ['GET', '/users/{user}/sendMail'],
    ['GET', '/directoryObjects/getByIds'],
    ['GET', '/$batch'],
  ] as const)('%s %s is 405', async (method, path) => {
    const { status, body } = await client.send(method, path.replace('{user}', user));
    expect([status, body.error.code, body.error.message]).toEqual([
      405,
      'Request_BadRequest',
      'Specified HTTP method is not allowed for the request target.',
    ]);
  });

  test('an operation of the beta version is 405 in v1.0, also as one item of a batch', async () => {
    const name = 'getPasswordSingleSignOnCredentials';
    const item = { id: '1', method: 'POST', url: `/users/${user}/${name}`, body: {} };
    const requests = [{ ...item, headers: { 'Content-Type': 'application/json' } }];
    const { status, body } = await client.send('POST', '/$batch', { body: { requests } });
    expect([status, body.responses[0].status, body.responses[0].body.error.code]).toEqual([
      200,
      405,
      'Request_BadRequest',
    ]);
    const beta = `https://graph.sandbox.invalid/beta/users/${user}/${name}`;
    // Only people may, so an app learns nothing more.
    expect((await client.send('POST', beta, { body: {} })).status).toBe(403);
  });

  test('a method that the service has and the sandbox lacks stays 501', async () => {
    expect((await client.send('POST', `/users/${user}/messages`)).status).toBe(501);
    expect((await client.send('PUT', `/users/${user}/photo/$value`)).status).toBe(501);
  });
});

describe('paths', () => {
  test('a name that begins with $ is read as a system option behind a slash, and as a key in parentheses', async () => {
    expect(await problem('/users/$x@contoso.example')).toEqual([
      400,
      'BadRequest',
      "Resource not found for the segment '$x@contoso.example'.",
    ]);
    client.sandbox.placeObject('graph', 'user', {
      userPrincipalName: '$x@contoso.example',
      displayName: 'Dollar',
      accountEnabled: true,
    });
    const found = await client.get("/users('$x@contoso.example')");
    expect([found.status, found.body.displayName]).toEqual([200, 'Dollar']);
    expect((await client.get('/users/$count', eventual)).status).toBe(200);
  });
});

describe('photos', () => {
  test('nobody has one: the metadata is of one pixel, the bytes are 404', async () => {
    const { status, body } = await client.get(`/users/${user}/photo`);
    expect([status, body]).toEqual([
      200,
      {
        '@odata.context': `https://graph.sandbox.invalid/v1.0/$metadata#users('${user}')/photo/$entity`,
        '@odata.id': expect.stringContaining(`/users('${user}@`),
        '@odata.mediaContentType': 'image/gif',
        '@odata.mediaEtag': '',
        id: '1x1',
        width: 1,
        height: 1,
      },
    ]);
    expect(await problem(`/users/${user}/photo/$value`)).toEqual([
      404,
      'ImageNotFound',
      "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.",
    ]);
    expect((await problem('/users/nobody@contoso.example/photo'))[0]).toBe(404);
  });
});

describe('filters', () => {
  test('logical operators are accepted in capitals, comparisons are not', async () => {
    const both = "startsWith(displayName,'A') AND accountEnabled eq true OR displayName eq 'x'";
    const [loud, quiet] = [both, both.replace('AND', 'and').replace('OR', 'or')].map((filter) =>
      client.get(`/users?$select=id&$filter=${filter}`),
    );
    expect((await loud)?.status).toBe(200);
    expect((await loud)?.body.value).toEqual((await quiet)?.body.value);
    expect((await problem("/users?$filter=displayName EQ 'x'"))[0]).toBe(400);
  });

  test('capitals do not hide that a filter needs the advanced parameters', async () => {
    const filter = "accountEnabled eq true AND NOT(department eq 'Sales')";
    expect((await problem(`/users?$filter=${filter}`))[1]).toBe('Request_UnsupportedQuery');
    expect((await client.get(`/users?$count=true&$filter=${filter}`, eventual)).status).toBe(200);
  });
});

describe('$levels', () => {
  const chain = '$expand=manager($levels=max;$select=id)&$select=id';

  test('the chain of managers of one object is asked for with $count and the header', async () => {
    const { body } = await client.get('/users?$filter=jobTitle ne null&$count=true&$select=id&$top=50', eventual);
    const last = body.value.at(-1).id;
    const { status, body: one } = await client.get(`/users/${last}?${chain}&$count=true`, eventual);
    expect([status, typeof one.manager.id]).toEqual([200, 'string']);
    expect(await problem(`/users/${last}?${chain}&$count=true`)).toEqual([
      400,
      'Request_UnsupportedQuery',
      expect.stringMatching(/^Operator '\$count' is not supported because the required parameters might be missing/),
    ]);
    expect((await problem(`/users/${last}?$count=true`, eventual))[1]).toBe('BadRequest');
  });

  test('a list needs both, and the message says which', async () => {
    expect((await problem(`/users?${chain}`))[2]).toMatch(
      /^Operator '\$levels' is not supported because the required parameters might be missing\. Try adding \$count=true query parameter and ConsistencyLevel:eventual header\./,
    );
  });

  test.each(['0', '1001', 'all'])('$levels=%s is refused', async (levels) => {
    expect((await problem(`/users/${user}?$expand=manager($levels=${levels})`))[0]).toBe(400);
  });
});

describe('$search without quotes', () => {
  test('words of letters are searched in messages', async () => {
    const { body } = await client.get('/users?$top=10&$select=id,assignedPlans');
    const owner = body.value.find((one: { assignedPlans: readonly { service: string }[] }) =>
      one.assignedPlans.some(({ service }) => service === 'exchange'),
    );
    const messages = `/users/${owner.id}/messages?$select=id&$top=100`;
    const [bare, quoted] = await Promise.all([
      client.get(`${messages}&$search=invoice`),
      client.get(`${messages}&$search="invoice"`),
    ]);
    expect([bare.status, bare.body.value]).toEqual([200, quoted.body.value]);
    expect(await problem(`${messages}&$search=from:anna`)).toEqual([
      400,
      'BadRequest',
      "Syntax error: character ':' is not valid at position 4 in 'from:anna'.",
    ]);
    expect((await problem(`${messages}&$search=Backup Config 0`))[2]).toBe(
      "Syntax error: character '0' is not valid at position 14 in 'Backup Config 0'.",
    );
  });

  test('the directory searches properties only', async () => {
    expect((await problem('/users?$search=anna', eventual)).slice(0, 2)).toEqual([400, 'BadRequest']);
    expect((await problem('/users?$search=displayName:anna', eventual))[2]).toBe(
      "Syntax error: character ':' is not valid at position 11 in 'displayName:anna'.",
    );
  });
});

describe('messages with $filter and $orderby', () => {
  const messages = async (query: string) => (await problem(`/users/${user}/messages?${query}`))[1];

  test.each([
    ['$filter=receivedDateTime ge 2020-01-01 and isRead eq false&$orderby=receivedDateTime desc', undefined],
    [
      "$filter=importance eq 'normal' and receivedDateTime ge 2020-01-01&$orderby=importance,receivedDateTime",
      undefined,
    ],
    ['$filter=isRead eq false&$orderby=receivedDateTime', 'InefficientFilter'],
    ['$filter=isRead eq false and receivedDateTime ge 2020-01-01&$orderby=receivedDateTime', 'InefficientFilter'],
    [
      "$filter=receivedDateTime ge 2020-01-01 and importance eq 'normal'&$orderby=importance,receivedDateTime",
      'InefficientFilter',
    ],
    ['$filter=isRead eq false', undefined],
    ['$orderby=subject', undefined],
  ])('%s: %s', async (query, code) => {
    expect(await messages(query)).toBe(code);
  });
});
