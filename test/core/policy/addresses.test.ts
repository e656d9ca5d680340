import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../src/core/policy/addresses/address.ts';
import { armAddress, armImpliedChanges } from '../../../src/core/policy/addresses/arm-address.ts';
import {
  expandedAddresses,
  graphAddresses,
  graphRuleAddress,
} from '../../../src/core/policy/addresses/graph-address.ts';
import { lowerKeys } from '../../../src/core/policy/addresses/lower-keys.ts';

const id = '00000000-0000-4000-8000-00000000000a';
const own = (path: string) => formatAddress(graphAddresses(path)[0]);
const all = (path: string) => graphAddresses(path).map(formatAddress);

describe('an address of Microsoft Graph', () => {
  test.each([
    [`/Users/${id.toUpperCase()}`, `/users/${id}`],
    [`/v1.0/users/${id}/`, `/users/${id}`],
    [`/beta/users/${id}`, `/users/${id}`],
    [`/users('${id}')`, `/users/${id}`],
    ["/users(userPrincipalName='Ada@Contoso.example')", '/users/ada@contoso.example'],
    ["/users('o''neil@contoso.example')/messages", "/users/o'neil@contoso.example/messages"],
    [`/%75sers%28%27${id}%27%29`, `/users/${id}`],
    [`/%2575sers/${id}`, `/users/${id}`],
    [`/%75sers/${id}/100%`, `/users/${id}/100%`],
    [`/applications(appId='${id}')/addPassword`, `/applications/appid=${id}/addpassword`],
    [`/users/${id}/microsoft.graph.user/microsoft.graph.assignLicense`, `/users/${id}/assignlicense`],
    ['/me/messages', '/users/me/messages'],
    ['/users/me/messages', '/users/me/messages'],
    [`/directory/administrativeUnits/${id}/members/$ref`, `/administrativeunits/${id}/members/$ref`],
    ['/users/delta()', '/users/delta'],
    [`/groups/${id}/members/microsoft.graph.user/$count`, `/groups/${id}/members/$count`],
    ['/users//x/./y', '/users/x/y'],
  ])('%s is %s', (path, canonical) => {
    expect(own(path)).toBe(canonical);
  });

  test('of a directory object is that of everything it may be', () => {
    expect(all(`/directoryObjects/${id}`)).toEqual(
      expect.arrayContaining([`/users/${id}`, `/groups/${id}`, `/applications/${id}`, `/serviceprincipals/${id}`]),
    );
    expect(all(`/directoryObjects/${id}/microsoft.graph.user`)).toEqual([`/directoryobjects/${id}`, `/users/${id}`]);
  });

  test('through a navigation is that of what it leads to; a reference is not', () => {
    expect(all(`/groups/x/members/${id}`)).toContain(`/users/${id}`);
    expect(all(`/users/x/manager`)).toContain('/users/{unknown}');
    expect(all(`/groups/x/members/${id}/$ref`)).toEqual([`/groups/x/members/${id}/$ref`]);
  });

  test('brings what $expand names', () => {
    const expanded = expandedAddresses(['groups'], { $expand: 'members($select=id),owners' }).map(formatAddress);
    expect(expanded).toEqual(
      expect.arrayContaining(['/groups/{unknown}/members', '/groups/{unknown}/owners', '/users/{unknown}']),
    );
  });

  test('of a rule takes {id} for any segment', () => {
    expect(graphRuleAddress('/v1.0/Users/{id}/Messages/**')).toEqual(['users', '*', 'messages', '**']);
  });
});

describe('an address of Azure', () => {
  test.each([
    ['/Subscriptions/A/resourceGroups/RG', '/subscriptions/a/resourcegroups/rg'],
    ['https://management.azure.com/subscriptions/a', '/subscriptions/a'],
    ['/subscriptions/a/resourceGroups/x/../rg', '/subscriptions/a/resourcegroups/rg'],
    ['//subscriptions/a//resourceGroups/%72g/', '/subscriptions/a/resourcegroups/rg'],
  ])('%s is %s', (path, canonical) => {
    expect(formatAddress(armAddress(path))).toBe(canonical);
  });

  const scope = armAddress('/subscriptions/a/resourceGroups/rg/providers/Microsoft.Resources/deployments/d');
  const changes = (template: unknown, more: object = {}) =>
    armImpliedChanges(scope, lowerKeys({ Properties: { Template: template, ...more } })).map(({ address }) =>
      formatAddress(address),
    );

  test('reads names of members without case, and takes no two that decide', () => {
    expect(lowerKeys({ Properties: [{ Mode: 'x' }], Env: 1, env: 2 })).toEqual({ properties: [{ mode: 'x' }], env: 2 });
    expect(() => lowerKeys({ a: { Template: 1, template: 2 } })).toThrow('twice');
  });

  test('of a template is that of each of its resources, children and nested templates included', () => {
    const inner = { type: 'Microsoft.Web/sites', name: 'w' };
    const found = changes({
      resources: [
        { type: 'Microsoft.Sql/servers', name: 's', resources: [{ type: 'databases', name: 'd' }] },
        { type: 'Microsoft.Sql/servers/databases', name: 's/e' },
        { type: 'Microsoft.Web/sites', name: "[concat('a', 'b')]" },
        {
          type: 'Microsoft.Resources/deployments',
          name: 'n',
          resourceGroup: 'other',
          properties: { template: { resources: { one: inner } } },
        },
      ],
    });
    const group = '/subscriptions/a/resourcegroups/rg/providers';
    expect(found).toEqual([
      `${group}/microsoft.sql/servers/s`,
      `${group}/microsoft.sql/servers/s/databases/d`,
      `${group}/microsoft.sql/servers/s/databases/e`,
      `${group}/microsoft.web/sites/{unknown}`,
      '/subscriptions/a/resourcegroups/other/providers/microsoft.resources/deployments/n',
      '/subscriptions/a/resourcegroups/other/providers/microsoft.web/sites/w',
    ]);
  });

  test.each([
    ['a link', undefined, { templateLink: { uri: 'https://x' } }],
    ['no object', 'text', {}],
    ['resources that are none', { resources: 'text' }, {}],
    ['a resource without type', { resources: [{ name: 'x' }] }, {}],
    ['a computed scope', { resources: [{ type: 'A.B/c', name: 'x', scope: '[x]' }] }, {}],
  ])('of a template with %s is everywhere', (_, template, more) => {
    expect(changes(template, more)[0]).toMatch(/^\/\*\*/);
  });
});
