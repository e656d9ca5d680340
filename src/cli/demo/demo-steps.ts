import { cutLine } from '../output/text-table.ts';
import { azureSteps } from './azure-steps.ts';
import { checkLines, type DemoStep, demoCloud, demoConnection, demoSecretVariable, promise } from './demo-step.ts';
import { federationSteps } from './federation-steps.ts';

const connectionSteps: readonly DemoStep[] = [
  {
    title: 'Create a connection',
    why: 'A connection joins an identity, what it is for, and how requests behave. It starts without an identity: pending.',
    tool: 'create_connection',
    args: () => ({ name: demoConnection, cloud: demoCloud, scopes: ['directory'], access: 'read_write' }),
    tell: (answer) => {
      promise(answer.at('response.data.status') === 'pending', 'the new connection is not pending');
      return [`status: ${answer.text('response.data.status')}`];
    },
  },
  {
    title: 'Complete it',
    why: 'The secret is named, not shown: the server reads it from its environment and puts it into the encrypted vault.',
    tool: 'complete_connection',
    args: (memory) => ({
      connection: demoConnection,
      tenant_id: memory.get('tenantId'),
      client_id: memory.get('clientId'),
      client_secret: { env: demoSecretVariable },
    }),
    tell: (answer, memory) => {
      promise(answer.at('response.data.status') === 'ready', 'the connection is not ready');
      promise(
        !JSON.stringify(answer.at('response')).includes(memory.get('clientSecret') ?? '?'),
        'the secret came back',
      );
      return [
        `status: ${answer.text('response.data.status')}`,
        `secret: fingerprint ${answer.text('response.data.secrets.0.fingerprint')}, never the material`,
      ];
    },
  },
  {
    title: 'Validate it',
    why: 'One line per check: token, identity, clock, granted permissions, expiry.',
    tool: 'validate_connection',
    args: () => ({ connection: demoConnection }),
    tell: (answer) => {
      const checks = answer.records('response.data.checks');
      promise(checks.length > 0, 'no check was run');
      promise(answer.at('response.data.health') !== 'failing', 'the connection is failing');
      return checkLines(checks);
    },
  },
];

const readingSteps: readonly DemoStep[] = [
  {
    title: 'List every user, page by page',
    why: 'All pages are followed. What does not fit into one answer is stored; nothing is dropped silently.',
    tool: 'graph_query',
    args: () => ({
      connection: demoConnection,
      endpoint: '/users',
      params: { $select: 'id,displayName,userPrincipalName,department,jobTitle,officeLocation', $top: 50 },
      auto_paginate: true,
    }),
    tell: (answer, memory) => {
      const shown = answer.list('response.data.value').length;
      promise(
        answer.at('meta.total') === 240,
        `the tenant has 240 users, the answer says ${answer.text('meta.total')}`,
      );
      promise(Number(answer.at('diagnostics.pages')) >= 5, 'the pages were not followed');
      memory.set('userId', answer.text('response.data.value.0.id'));
      return [
        `${answer.text('meta.total')} users in ${answer.text('diagnostics.pages')} pages, ${shown} of them in this answer`,
        `first: ${answer.text('response.data.value.0.displayName')}`,
        ...answer.notes(),
      ];
    },
  },
  {
    title: 'Make an answer small',
    why: 'A JMESPath projection runs on the server, so that only what matters travels through the model.',
    tool: 'graph_query',
    args: () => ({
      connection: demoConnection,
      endpoint: '/users?$top=5&$select=displayName,department',
      auto_paginate: false,
      project: 'value[].{name: displayName, team: department}',
    }),
    tell: (answer) => {
      promise(JSON.stringify(answer.at('response.data')).includes('"team"'), 'the projection did not apply');
      promise(answer.at('meta.complete') === false, 'one page of five was called complete');
      return [
        cutLine(JSON.stringify(answer.at('response.data')), 160),
        'complete: false, since one page was asked for',
      ];
    },
  },
  {
    title: 'Search',
    why: 'Directory searches need a special header. You need not know: Tenantry adds it, and the answer says so.',
    tool: 'graph_query',
    args: () => ({
      connection: demoConnection,
      endpoint: '/users',
      params: { $search: '"displayName:an"', $select: 'id,displayName' },
    }),
    tell: (answer) => {
      promise(answer.list('response.data.value').length > 0, 'nobody was found');
      promise(answer.notes().length > 0, 'the added header was not noted');
      return [`${answer.list('response.data.value').length} found`, ...answer.notes()];
    },
  },
  {
    title: 'Forty requests in two envelopes',
    why: 'Batches of any size are cut into envelopes of 20, throttled items are resent on their own, and results come back in order.',
    tool: 'graph_batch',
    args: (memory) => ({
      connection: demoConnection,
      requests: Array.from({ length: 40 }, (_, index) => ({
        url:
          index % 2 === 0 ? `/users/${memory.get('userId')}?$select=displayName` : '/groups?$top=1&$select=displayName',
      })),
    }),
    tell: (answer) => {
      const responses = answer.list('response.data.responses');
      promise(responses.length === 40, `expected 40 answers, got ${responses.length}`);
      promise(answer.at('response.success') === true, 'an item failed');
      return [`${responses.length} answers from ${answer.text('diagnostics.requests')} requests`];
    },
  },
];

const writingSteps: readonly DemoStep[] = [
  {
    title: 'Find a user without a usage location',
    why: 'A licence needs one: Microsoft refuses the assignment otherwise.',
    tool: 'graph_query',
    args: () => ({
      connection: demoConnection,
      endpoint: '/users',
      params: {
        $filter:
          "usageLocation eq null and accountEnabled eq true and userType eq 'Member' and startsWith(jobTitle,'S')",
        $select: 'id,displayName,usageLocation',
        $top: 1,
      },
      limit: 1,
    }),
    tell: (answer, memory) => {
      const id = answer.at('response.data.value.0.id');
      promise(typeof id === 'string', 'nobody lacks a usage location');
      memory.set('licenseUser', String(id));
      return [answer.text('response.data.value.0.displayName'), ...answer.notes()];
    },
  },
  {
    title: 'Assign a licence',
    why: 'By its everyday name. Seats are checked, the usage location is set first, and the answer shows before and after.',
    tool: 'assign_license',
    args: (memory) => ({
      connection: demoConnection,
      user: memory.get('licenseUser'),
      add: [{ sku: 'Power BI Pro' }],
      usage_location: 'CH',
    }),
    tell: (answer) => {
      promise(answer.at('response.success') === true, 'the licence was not assigned');
      return [
        cutLine(`changed: ${JSON.stringify(answer.at('response.data.changed') ?? answer.at('response.data'))}`, 200),
      ];
    },
  },
  {
    title: 'Be throttled',
    why: 'The service answers 429 and asks for two seconds. Tenantry waits exactly that long, for the whole connection.',
    tool: 'graph_query',
    prepare: (sandbox) => sandbox.fault({ match: 'GET /v1.0/organization*', status: 429, retry_after: 2, times: 1 }),
    args: () => ({ connection: demoConnection, endpoint: '/organization?$select=id,displayName' }),
    tell: (answer) => {
      promise(answer.at('diagnostics.attempts') === 2, 'the throttle was not retried');
      return [
        `answered on attempt ${answer.text('diagnostics.attempts')} after ${answer.text('diagnostics.duration_ms')} ms`,
        ...answer.notes(),
      ];
    },
  },
  {
    title: 'Lose the answer of a write',
    why: 'The connection breaks after the user was created. Sending it again could create a second one, so Tenantry does not.',
    tool: 'graph_write',
    prepare: (sandbox) => sandbox.fault({ match: 'POST /v1.0/users', reset: 'after', times: 1 }),
    args: () => ({
      connection: demoConnection,
      requests: [
        {
          method: 'POST',
          endpoint: '/users',
          body: {
            accountEnabled: true,
            displayName: 'Grace Example',
            mailNickname: 'grace.example',
            userPrincipalName: 'grace.example@contoso.example',
            passwordProfile: { forceChangePasswordNextSignIn: true, password: 'Correct-Horse-42' },
          },
        },
      ],
    }),
    tell: (answer, _memory, sandbox) => {
      const sent = sandbox
        .requests()
        .filter((seen) => seen.method === 'POST' && seen.url.endsWith('/v1.0/users')).length;
      promise(answer.at('response.error.code') === 'outcome_unknown', 'the unknown outcome was not reported');
      promise(sent === 1, `the write was sent ${sent} times`);
      return [
        `code: ${answer.text('response.error.code')}`,
        `hint: ${answer.text('response.error.hint')}`,
        'the sandbox saw exactly one POST',
      ];
    },
  },
  {
    title: 'Make a mistake',
    why: 'A wrong argument never becomes a request. The answer says what is valid.',
    tool: 'graph_query',
    args: () => ({ connection: demoConnection, endpont: '/users' }),
    tell: (answer) => {
      promise(answer.isError, 'the mistake was accepted');
      return [
        `code: ${answer.text('response.error.code')}`,
        answer.text('response.error.message'),
        `hint: ${answer.text('response.error.hint')}`,
      ];
    },
  },
];

const lastSteps: readonly DemoStep[] = [
  {
    title: 'Delete the connection',
    why: 'Its secret is destroyed with it.',
    tool: 'delete_connection',
    args: () => ({ connection: demoConnection }),
    tell: (answer) => {
      promise(!answer.isError, 'the connection is still there');
      return ['gone'];
    },
  },
];

/** The tour, in order. Later steps use what earlier ones remembered. */
export const demoSteps: readonly DemoStep[] = [
  ...connectionSteps,
  ...readingSteps,
  ...writingSteps,
  ...azureSteps,
  ...federationSteps,
  ...lastSteps,
];
