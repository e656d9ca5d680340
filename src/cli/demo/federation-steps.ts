import { azureConnection } from './azure-steps.ts';
import { checkLines, type DemoStep, promise, searchKey, searchService, workspace } from './demo-step.ts';

/** Created by the tour: an identity that first has a secret. */
const deployer = 'deployer';
/** The workload's subject in the tokens of the demo's issuer, which stands in for a build system. */
export const workloadSubject = 'repo:contoso/shop:environment:production';
export const tokenAudience = 'api://AzureADTokenExchange';
/** The seeded project whose service connections are converted. */
const project = 'Payments';

const identity = { connection: azureConnection, name: deployer, credential: 'secret', roles: [{ role: 'Reader' }] };

const ownSteps: readonly DemoStep[] = [
  {
    title: 'An identity in one call',
    why: 'App registration, service principal, secret, role and a ready connection. The secret goes from the directory into the vault; nobody sees it.',
    tool: 'provision_connection',
    args: () => identity,
    tell: (answer) => {
      promise(answer.at('response.data.connection.status') === 'ready', 'the new connection is not ready');
      return [
        `app: ${answer.text('response.data.application.client_id')}`,
        `secret: fingerprint ${answer.text('response.data.connection.secrets.0.fingerprint')}`,
        `role: ${answer.text('response.data.role_assignments.0.role')} at ${answer.text('response.data.role_assignments.0.scope')}`,
      ];
    },
  },
  {
    title: 'Do it again',
    why: 'Everything is found by its name: a repeated call, even after a crash, creates nothing twice.',
    tool: 'provision_connection',
    args: () => identity,
    tell: (answer) => {
      promise(answer.at('response.data.application.created') === false, 'a second app was made');
      promise(answer.at('response.data.credential.created') === false, 'a second secret was made');
      return ['application, principal, credential and role: unchanged'];
    },
  },
];

const convertSteps: readonly DemoStep[] = [
  {
    title: 'From a secret to federation',
    why: 'A workload proves itself with a signed token of its own issuer. The trust is added to the app and tried with a real token; only then is the connection switched.',
    tool: 'convert_connection',
    args: (memory) => ({
      connection: deployer,
      issuer: memory.get('issuer'),
      subject: workloadSubject,
      federated_token: { file: memory.get('tokenFile') },
      admin_connection: azureConnection,
    }),
    tell: (answer) => {
      const auth = answer.at('response.data.connection.auth_type');
      promise(auth === 'workload_identity', `the connection signs in with ${String(auth)}`);
      return [
        ...answer.list('response.data.changes').map(String),
        `can be reverted until ${answer.text('response.data.connection.conversion.revert_until')}`,
        ...answer.notes(),
      ];
    },
  },
  {
    title: 'It works without a secret',
    why: 'The validation signs in with the federated token: issuer, subject, audience, signature and time are checked by the directory.',
    tool: 'validate_connection',
    args: () => ({ connection: deployer, checks: ['token', 'identity', 'subscription'] }),
    tell: (answer) => {
      const checks = answer.records('response.data.checks');
      promise(
        checks.some(({ check, status }) => String(check).startsWith('token') && status === 'pass'),
        'no token was given for the federated token',
      );
      return checkLines(checks);
    },
  },
];

const devopsSteps: readonly DemoStep[] = [
  {
    title: 'Service connections of a DevOps project',
    why: 'Which ones hold secrets, which can be converted, and why the others cannot.',
    tool: 'list_service_connections',
    args: () => ({ connection: azureConnection, project }),
    tell: (answer) => {
      const all = answer.records('response.data.value');
      promise(
        all.some(({ convertible }) => convertible === true),
        'no service connection can be converted',
      );
      return all.map(
        ({ name, scheme, convertible, not_convertible_because: reason }) =>
          `${convertible === true ? 'convertible' : 'stays      '} ${String(name)} (${String(scheme)})${reason === undefined ? '' : `: ${String(reason)}`}`,
      );
    },
  },
  {
    title: 'Convert the whole project',
    why: 'Each connection gets its own outcome. After an interruption, a second call continues where the first one stopped.',
    tool: 'convert_service_connection',
    args: () => ({ connection: azureConnection, project, all: true }),
    tell: (answer, memory) => {
      const outcomes = answer.records('response.data.value');
      const converted = outcomes.filter(({ outcome }) => outcome === 'converted');
      promise(converted.length > 0, 'nothing was converted');
      memory.set('converted', String(converted[0]?.['id']));
      return outcomes.map(({ outcome, name, reason, revert_deadline: deadline }) => {
        const more = outcome === 'converted' ? `, revertible until ${String(deadline)}` : `: ${String(reason)}`;
        return `${String(outcome).padEnd(9)} ${String(name)}${more}`;
      });
    },
  },
  {
    title: 'Change your mind about one',
    why: 'Azure DevOps keeps the old secret for seven days.',
    tool: 'convert_service_connection',
    args: (memory) => ({ connection: azureConnection, project, ids: [memory.get('converted')], revert: true }),
    tell: (answer) => {
      promise(answer.at('response.data.value.0.outcome') === 'reverted', 'the conversion was not reverted');
      return [`${answer.text('response.data.value.0.name')}: ${answer.text('response.data.value.0.scheme')}`];
    },
  },
];

const workspaceSteps: readonly DemoStep[] = [
  {
    title: 'A connection of an ML workspace',
    why: 'Its key is a secret of the configuration, which may go to this workspace and this address only. Mistakes are refused before a request is sent.',
    tool: 'create_workspace_connection',
    args: () => ({
      connection: azureConnection,
      ...workspace,
      connection_name: 'search-docs',
      properties: {
        authType: 'ApiKey',
        category: 'CognitiveSearch',
        target: searchService,
        credentials: { key: { secret: searchKey } },
        metadata: { ApiVersion: '2024-07-01' },
      },
    }),
    tell: (answer, memory) => {
      promise(answer.at('response.success') === true, 'the connection was not made');
      const text = JSON.stringify(answer.at('response'));
      promise(!text.includes(memory.get('clientSecret') ?? '?'), 'the key came back');
      return [`group: ${answer.text('response.data.properties.group')}`, ...answer.notes()];
    },
  },
];

/** The part of the tour about identities, federation and service connections, in order. */
export const federationSteps: readonly DemoStep[] = [...ownSteps, ...convertSteps, ...devopsSteps, ...workspaceSteps];
