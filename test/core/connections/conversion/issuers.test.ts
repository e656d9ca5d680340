import { describe, expect, test } from 'vitest';
import { exchangeAudience } from '../../../../src/core/auth/federated-token.ts';
import { builtInClouds } from '../../../../src/core/base/clouds.ts';
import { checkFederation, requireFederation } from '../../../../src/core/connections/conversion/issuers.ts';

const audience = 'api://AzureADTokenExchange';
const gitHub = 'https://token.actions.githubusercontent.com';
const organization = '11111111-2222-3333-4444-555555555555';
const devOps = `https://vstoken.dev.azure.com/${organization}`;
const entra = `https://login.microsoftonline.com/${organization}/v2.0`;
const aks = `https://westeurope.oic.prod-aks.azure.com/${organization}/${organization}/`;
const account = 'system:serviceaccount:prod:tenantry';

function fieldsOf(issuer: string, subject: string, wanted = audience): string[] {
  return checkFederation({ issuer, subject, audience: wanted }).errors.map(({ field }) => field);
}

describe('trusts that can match', () => {
  test.each([
    [gitHub, 'repo:contoso/shop:ref:refs/heads/main'],
    [gitHub, 'repo:contoso/shop:ref:refs/heads/feature/a:b'],
    [gitHub, 'repo:contoso/shop:ref:refs/tags/v1.0.0'],
    [gitHub, 'repo:contoso/shop:environment:Production EU'],
    [gitHub, 'repo:contoso/shop:pull_request'],
    [`${gitHub}/contoso`, 'repo:contoso/shop:pull_request'],
    [gitHub, 'repo:contoso@1234/shop@5678:ref:refs/heads/main'],
    [gitHub, 'repo:contoso@1234/shop@5678:environment:a@b'],
    ['https://token.actions.contoso.ghe.com', 'repo:contoso/shop:pull_request'],
    [entra, `/eid1/c/pub/t/abc/a/def/sc/${organization}/${organization}`],
    [entra, organization],
    [aks, account],
    ['https://oidc.cluster.example', account],
    ['https://gitlab.com', 'project_path:contoso/shop:ref_type:branch:ref:main'],
    ['https://app.terraform.io', 'organization:contoso:project:shop:workspace:prod:run_phase:plan'],
    ['https://accounts.google.com', '112633961854638529490'],
    ['http://127.0.0.1:8080', 'anything'],
    ['http://localhost:8080/issuer/', 'anything'],
    ['https://issuer.example/path/', 'sub with space'],
  ])('%s with %s', (issuer, subject) => {
    expect(checkFederation({ issuer, subject, audience })).toEqual({ errors: [], notes: [] });
  });
});

describe('sure mistakes', () => {
  test.each([
    ['', 'a', 'issuer'],
    ['  ', 'a', 'issuer'],
    ['token.actions.githubusercontent.com', 'a', 'issuer'],
    ['http://issuer.example', 'a', 'issuer'],
    ['http://127.0.0.1.evil.example', 'a', 'issuer'],
    ['ftp://issuer.example', 'a', 'issuer'],
    ['https://issuer.example?x=1', 'a', 'issuer'],
    ['https://issuer.example/#', 'a', 'issuer'],
    ['https://user@issuer.example', 'a', 'issuer'],
    ['https://issuer.example ', 'a', 'issuer'],
    ['https://*.example', 'a', 'issuer'],
    ['https://issuer.example/.well-known/openid-configuration', 'a', 'issuer'],
    [`https://issuer.example/${'a'.repeat(600)}`, 'a', 'issuer'],
    ['https://issuer.example', '', 'subject'],
    ['https://issuer.example', 'repo:contoso/* ', 'subject'],
    ['https://issuer.example', 'repo:contoso/*', 'subject'],
    ['https://issuer.example', 'with\nbreak', 'subject'],
    ['https://issuer.example', 'a'.repeat(601), 'subject'],
    [`${gitHub}/`, 'repo:contoso/shop:pull_request', 'issuer'],
    [gitHub, 'contoso/shop', 'subject'],
    [gitHub, 'repo:contoso/shop:refs/heads/main', 'subject'],
    [gitHub, 'repo:contoso/shop:ref:main', 'subject'],
    [gitHub, 'repo:shop:ref:refs/heads/main', 'subject'],
    [gitHub, 'repo:contoso/shop:branch:main', 'subject'],
    [gitHub, 'Repo:contoso/shop:pull_request', 'subject'],
    [gitHub, account, 'subject'],
    [gitHub, 'repo:contoso@x/shop@y:pull_request', 'subject'],
    [gitHub, 'repo:contoso-1234/shop@:pull_request', 'subject'],
    [devOps, 'p://contoso/shop', 'subject'],
    [entra, 'p://contoso/shop/build', 'subject'],
    [`${devOps}/`, 'sc://contoso/shop/prod', 'issuer'],
    ['https://vstoken.dev.azure.com/contoso', 'sc://contoso/shop/prod', 'issuer'],
    [devOps, 'sc://contoso/shop', 'subject'],
    [devOps, `x/sc/${organization}/${organization}`, 'subject'],
    [entra, 'sc://contoso/shop/prod', 'subject'],
    [`${entra}/`, organization, 'issuer'],
    [entra.replace('/v2.0', ''), organization, 'issuer'],
    ['https://login.microsoftonline.com/common/v2.0', organization, 'issuer'],
    [aks.slice(0, -1), account, 'issuer'],
    [aks, 'prod/tenantry', 'subject'],
    [aks, 'system:serviceaccount:prod', 'subject'],
    [aks, 'system:serviceaccount:Prod:tenantry', 'subject'],
    ['https://oidc.cluster.example', 'system:serviceaccounts:prod:tenantry', 'subject'],
  ])('%s with %s: %s', (issuer, subject, field) => {
    expect(fieldsOf(issuer, subject)).toEqual([field]);
  });

  test.each(['', ' api://AzureADTokenExchange', 'api://*'])('the audience %j', (wanted) => {
    expect(fieldsOf('https://issuer.example', 'a', wanted)).toEqual(['audience']);
  });

  test('all of them are told at once', () => {
    expect(fieldsOf('', '', '')).toEqual(['issuer', 'subject', 'audience']);
  });
});

describe('hints', () => {
  const hintOf = (issuer: string, subject: string) => checkFederation({ issuer, subject, audience }).errors[0]?.hint;

  test('a word is no host, and a host gets its scheme', () => {
    expect(hintOf('github', 'x')).toContain('such as https://token.actions.githubusercontent.com.');
    expect(hintOf('gitlab.com', 'x')).toContain('such as https://gitlab.com.');
  });

  test('show the nearest form of a GitHub subject first, with what was recognised', () => {
    expect(hintOf(gitHub, 'repo:contoso/shop:refs/tags/v1')).toMatchInlineSnapshot(
      `"Use repo:contoso/shop:ref:refs/tags/v1, repo:contoso/shop:ref:refs/heads/{branch}, repo:contoso/shop:environment:{environment}, repo:contoso/shop:pull_request. Repositories that were made, renamed or transferred since 2026-07-15 send their numbers too (repo:{owner}@{owner id}/{repository}@{repository id}:…): copy the sub claim of a token of the job."`,
    );
    expect(hintOf(gitHub, 'contoso/shop/environments/prod')).toContain('Use repo:contoso/shop:environment:prod,');
    expect(hintOf(gitHub, 'repo:contoso/shop:branch:main')).toContain('Use repo:contoso/shop:ref:refs/heads/main,');
  });

  test('keep the numbers of a GitHub subject, which only github.com sends', () => {
    expect(hintOf(gitHub, 'repo:contoso@12/shop@34:branch:main')).toContain(
      'Use repo:contoso@12/shop@34:ref:refs/heads/main,',
    );
    expect(hintOf('https://token.actions.contoso.ghe.com', 'contoso/shop')).not.toContain('@');
  });

  test('tell the subject of a service connection from that of a pipeline', () => {
    expect(hintOf(devOps, 'contoso/shop/build')).toMatch(/sc:\/\/.*p:\/\//);
    expect(hintOf(entra, 'p://contoso/shop/build')).toContain('list_service_connections');
  });

  test('correct a Kubernetes subject', () => {
    expect(hintOf(aks, 'prod/tenantry')).toContain('system:serviceaccount:prod:tenantry');
  });

  test('correct the slash of an AKS issuer', () => {
    expect(hintOf(aks.slice(0, -1), account)).toContain(`Use ${aks},`);
  });
});

describe('doubtful trusts are noted', () => {
  test.each([
    [gitHub, 'repo:contoso/shop'],
    [gitHub, 'repo:contoso/shop:job_workflow_ref:contoso/flows/.github/workflows/a.yml@refs/heads/main'],
    [gitHub, 'repository_owner:contoso'],
    [entra, 'somebody'],
    [devOps, 'sc://contoso/My Project/prod'],
    [devOps, 'p://contoso/My Project/folder/build'],
  ])('%s with %s', (issuer, subject) => {
    expect(checkFederation({ issuer, subject, audience })).toMatchObject({ errors: [], notes: [expect.any(String)] });
  });
});

describe('requireFederation', () => {
  test('throws the first mistake with its hint, and lists all', () => {
    expect(() => requireFederation({ issuer: '', subject: '', audience }, () => undefined)).toThrowError(
      expect.objectContaining({
        code: 'invalid_argument',
        message: 'issuer is missing.',
        hint: 'Pass the iss claim of the token.',
        detail: expect.objectContaining({ field: 'issuer' }),
      }),
    );
  });

  test('tells what is doubtful', () => {
    const notes: string[] = [];
    requireFederation({ issuer: gitHub, subject: 'repo:contoso/shop', audience }, (text) => notes.push(text));
    expect(notes).toHaveLength(1);
  });
});

describe('the exchange audience', () => {
  test.each([
    ['public', 'api://AzureADTokenExchange'],
    ['usgov', 'api://AzureADTokenExchangeUSGov'],
    ['usdod', 'api://AzureADTokenExchangeUSGov'],
    ['china', 'api://AzureADTokenExchangeChina'],
  ])('of %s is %s', (name, expected) => {
    expect(exchangeAudience({ name, login: builtInClouds[name]?.login ?? '' })).toBe(expected);
  });

  test('of a configured cloud follows its authority', () => {
    expect(exchangeAudience({ name: 'ours', login: 'https://login.partner.microsoftonline.cn/' })).toBe(
      'api://AzureADTokenExchangeChina',
    );
    expect(exchangeAudience({ name: 'lab', login: 'https://login.lab.example' })).toBe('api://AzureADTokenExchange');
  });
});
