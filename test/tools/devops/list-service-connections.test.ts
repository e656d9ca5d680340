import { describe, expect, test } from 'vitest';
import { type Row, useDevOpsTools } from './devops-tools.ts';

const devops = useDevOpsTools();
const list = (input: Readonly<Record<string, unknown>> = {}) => devops.call('list_service_connections', input);
const namesOf = (rows: readonly Row[]) => rows.map(({ name }) => name);

describe('the list', () => {
  test('has every Azure connection of the project by name, each with whether it can be converted', async () => {
    const { response, meta } = await list();
    const shown = response.data.value.map(({ name, scheme, convertible, not_convertible_because: why }: Row) =>
      [name, scheme, convertible ? 'convertible' : why].join(' | '),
    );
    expect(shown).toMatchInlineSnapshot(`
      [
        "azure-agent-identity | ManagedServiceIdentity | It signs in with \`ManagedServiceIdentity\`; only ServicePrincipal can be converted.",
        "azure-converted-last-month | WorkloadIdentityFederation | It already uses workload identity federation.",
        "azure-converted-yesterday | WorkloadIdentityFederation | It already uses workload identity federation.",
        "azure-development | ServicePrincipal | convertible",
        "azure-expired-secret | ServicePrincipal | convertible",
        "azure-failed | WorkloadIdentityFederation | The service could not finish it: list_service_connections shows why as state_message.",
        "azure-federated-automatic | WorkloadIdentityFederation | It already uses workload identity federation.",
        "azure-federated-identity | WorkloadIdentityFederation | It already uses workload identity federation.",
        "azure-federated-manual | WorkloadIdentityFederation | It already uses workload identity federation.",
        "azure-federated-old-issuer | WorkloadIdentityFederation | It uses workload identity federation with the old issuer of Azure DevOps, which is retired on 2027-07-01; the issuer is updated in the portal only.",
        "azure-federated-without-role | WorkloadIdentityFederation | It already uses workload identity federation.",
        "azure-manual-certificate | ServicePrincipal | It was created manually: Azure DevOps cannot change the credentials of an app that it did not create.",
        "azure-manual-key | ServicePrincipal | It was created manually: Azure DevOps cannot change the credentials of an app that it did not create.",
        "azure-production | ServicePrincipal | convertible",
        "azure-publish-profile | PublishProfile | It signs in with \`PublishProfile\`; only ServicePrincipal can be converted.",
        "azure-shared | ServicePrincipal | It is shared with other projects (\`Space game web agent\`): the service converts only what one project uses.",
        "azure-web-group | ServicePrincipal | convertible",
      ]
    `);
    expect(meta).toMatchObject({ complete: true, count: shown.length });
    expect(devops.requests()).toEqual([
      'GET /contoso/_apis/projects/Payments?api-version=7.1',
      'GET /contoso/Payments/_apis/serviceendpoint/endpoints?includeFailed=true&includeDetails=true&api-version=7.1',
    ]);
  });

  test('shows one with all that is known of it, and no secret', async () => {
    const { response, text } = await list({ name: 'AZURE-converted-yesterday' });
    const [{ revert_deadline: deadline, ...shown }] = response.data.value;
    expect(deadline).toMatch(/^2026-11-26T10:00:0/);
    expect(shown).toMatchInlineSnapshot(`
      {
        "app_object_id": "5a11d0c5-7e4a-4c0d-8b0a-de030000000c",
        "client_id": "5a11d0c5-7e4a-4c0d-8b0a-de050000000c",
        "convertible": false,
        "creation_mode": "Automatic",
        "environment": "AzureCloud",
        "id": "5a11d0c5-7e4a-4c0d-8b0a-de020000000c",
        "is_ready": true,
        "is_shared": false,
        "issuer": "https://login.microsoftonline.com/5a11d0c5-7e4a-4c0d-8b0a-c04705000001/v2.0",
        "name": "azure-converted-yesterday",
        "not_convertible_because": "It already uses workload identity federation.",
        "projects": [
          {
            "id": "5a11d0c5-7e4a-4c0d-8b0a-de0100000001",
            "name": "Payments",
          },
        ],
        "scheme": "WorkloadIdentityFederation",
        "scope_level": "Subscription",
        "state": "Ready",
        "subject": "/eid1/c/pub/t/WhHQxX5KTA2LCsBHBQAAAQ/a/SZuErBMhQn-qFyZ8ppdXmA/sc/5a11d0c5-7e4a-4c0d-8b0a-de0000000001/5a11d0c5-7e4a-4c0d-8b0a-de020000000c",
        "subscription_id": "5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001",
        "subscription_name": "Contoso Production",
        "tenant_id": "5a11d0c5-7e4a-4c0d-8b0a-c04705000001",
        "type": "azurerm",
        "url": "https://management.azure.com/",
      }
    `);
    expect(text).not.toMatch(/serviceprincipalkey|[78]Q~/);
  });

  test('shows which projects share one', async () => {
    const { response } = await list({ name: 'azure-shared' });
    expect(response.data.value).toMatchObject([
      { is_shared: true, projects: [{ name: 'Payments' }, { name: 'Space game web agent' }] },
    ]);
  });

  test('is found by the id of the project, and names with spaces', async () => {
    const { response } = await list({ project: '5a11d0c5-7e4a-4c0d-8b0a-de0100000002' });
    const named = await list({ project: 'Space game web agent' });
    expect(namesOf(response.data.value)).toEqual(['azure-game', 'azure-management-group', 'azure-shared']);
    expect(named.response.data.value).toEqual(response.data.value);
  });
});

describe('the old issuer', () => {
  const place = (name: string, more: Readonly<Record<string, unknown>>) =>
    devops.tools.sandbox.placeObject('devops', 'serviceEndpoint', {
      name,
      project: 'Empty',
      scheme: 'WorkloadIdentityFederation',
      issuer: 'vstoken',
      ...more,
    });

  test('is listed with its end, whether that concerns the connection, and the step', async () => {
    const { response, meta } = await list();
    const old = response.data.value.filter((row: Row) => row.old_issuer !== undefined);
    expect(old).toMatchObject([
      {
        name: 'azure-federated-old-issuer',
        convertible: false,
        old_issuer: { retires: '2027-07-01', in_scope: true, step: expect.stringMatching(/administrator.*Update/) },
      },
    ]);
    expect(meta.notes).toContain(
      'Still on the issuer https://vstoken.dev.azure.com, which is retired on 2027-07-01: 1 connection; old_issuer says what to do.',
    );
  });

  test('of another type of connection is listed too: the retirement covers every type', async () => {
    place('registry', { type: 'generic', app: false });
    place('generic', { type: 'generic', scheme: 'None', issuer: 'entra', app: false });
    const { response } = await list({ project: 'Empty' });
    expect(response.data.value).toMatchObject([{ name: 'registry', old_issuer: { in_scope: true } }]);
  });

  test.each(['AzureUSGovernment', 'AzureChinaCloud', 'AzureStack'])(
    'stays where the target is %s',
    async (environment) => {
      place('kept', { data: { environment }, app: false });
      const { response, meta } = await list({ project: 'Empty' });
      expect(response.data.value).toMatchObject([
        { name: 'kept', old_issuer: { in_scope: false, step: expect.stringContaining(environment) } },
      ]);
      expect(meta.notes ?? []).toEqual([]);
    },
  );

  test('is not touched by a conversion, which says what a person does instead', async () => {
    const { response } = await devops.call('convert_service_connection', { ids: ['azure-federated-old-issuer'] });
    expect(response.data.value).toMatchObject([
      {
        outcome: 'skipped',
        reason: expect.stringContaining('2027-07-01'),
        hint: expect.stringContaining('Project settings > Service connections'),
      },
    ]);
    expect(devops.requests().filter((request) => !request.startsWith('GET'))).toEqual([]);
  });
});

describe('filters', () => {
  test('an id or a name finds one, of any type', async () => {
    const { response } = await list({ name: 'github-contoso' });
    expect(response.data.value).toMatchObject([
      { name: 'github-contoso', type: 'github', convertible: false, not_convertible_because: expect.any(String) },
    ]);
    const byId = await list({ id: response.data.value[0].id.toUpperCase() });
    expect(byId.response.data.value).toEqual(response.data.value);
  });

  test('convertible shows those that the script of the service converts, or the others', async () => {
    const yes = await list({ convertible: true });
    expect(namesOf(yes.response.data.value)).toEqual([
      'azure-development',
      'azure-expired-secret',
      'azure-production',
      'azure-web-group',
    ]);
    const no = await list({ convertible: false });
    expect(no.response.data.value.every(({ not_convertible_because: why }: Row) => why.length > 10)).toBe(true);
  });

  test('a scheme is taken without regard to case', async () => {
    const { response } = await list({ scheme: 'managedserviceidentity' });
    expect(namesOf(response.data.value)).toEqual(['azure-agent-identity']);
  });
});

describe('what is not there', () => {
  test('an unknown name is told with the nearest ones', async () => {
    const { isError, response } = await list({ name: 'azure-prodution' });
    expect(isError).toBe(true);
    expect(response.error).toMatchObject({ code: 'not_found', message: expect.stringContaining('`azure-production`') });
  });

  test('an unknown project is told with those that there are', async () => {
    const { response } = await list({ project: 'Payment' });
    expect(response.error).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('`Payments`, '),
    });
  });

  test.each([
    [{ scheme: 'WorkloadIdentity' }, 'WorkloadIdentityFederation'],
    [{ project: 'a/../b' }, 'name of the project is not valid: the character "/" at position 2'],
    [{ project: 'Pay\u202ements' }, 'name of the project is not valid: the character U+202E at position 4'],
    [{ organization: 'https://evil.example/contoso' }, 'organization'],
    [{ organization: 'a b' }, 'organization'],
    [{ convertable: true }, 'convertible'],
    [{ verify: 'yes' }, 'verify'],
  ])('%j is refused before any request', async (input, said) => {
    const { response } = await list(input);
    expect(response.error.code).toBe('invalid_argument');
    expect(`${response.error.message} ${response.error.hint}`).toContain(said);
    expect(devops.requests()).toEqual([]);
  });

  test('the project is no projection: its name may be no JMESPath', async () => {
    expect((await list({ project: 'Space game (web)' })).response.error.code).toBe('not_found');
  });

  test('an empty project has an empty, complete list', async () => {
    const { response, meta } = await list({ project: 'Empty' });
    expect(response).toMatchObject({ success: true, data: { value: [] } });
    expect(meta).toMatchObject({ count: 0, complete: true });
  });
});

describe('many', () => {
  const placeMany = () => {
    for (let index = 0; index < 300; index++) {
      const name = `many-${String(index).padStart(4, '0')}`;
      devops.tools.sandbox.placeObject('devops', 'serviceEndpoint', { name, project: 'Empty', app: false });
    }
  };

  test('a list over the byte budget goes on with a cursor, and nothing is missing or twice', async () => {
    placeMany();
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const { response, meta, text } = await list({ project: 'Empty', ...(cursor === undefined ? {} : { cursor }) });
      expect(Buffer.byteLength(text)).toBeLessThan(41_000);
      names.push(...namesOf(response.data.value));
      cursor = meta.cursor;
    } while (cursor !== undefined);
    expect(names).toHaveLength(300);
    expect(new Set(names).size).toBe(300);
  });

  test('a cursor is of no use with other arguments', async () => {
    placeMany();
    const { meta } = await list({ project: 'Empty' });
    expect(meta.cursor).toBeTypeOf('string');
    const { response } = await list({ project: 'Payments', cursor: meta.cursor });
    expect(response.error).toMatchObject({ code: 'invalid_argument' });
  });
});
