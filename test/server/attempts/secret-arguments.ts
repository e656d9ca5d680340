import { z } from 'zod';
import { secretArgument } from '../../../src/tools/params.ts';
import { tools } from '../../../src/tools/registry.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One argument of a tool that takes a secret. */
export interface SecretArgumentRow {
  readonly tool: string;
  /** Path of the argument. */
  readonly argument: string;
  /** Whether the secret is handed to somebody who keeps it. */
  readonly isExport: boolean;
  /** A call whose argument is the value. `round` makes names fresh. */
  call(value: unknown, round: number): Fields;
}

const guid = '5a11d0c5-7e4a-4c0d-8b0a-de0500000005';
export const target = 'https://bound.example/';
export const workspace = { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research' };
const project = { organization: 'contoso', project: 'Payments' };
const webApp =
  '/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001/resourceGroups/rg-contoso-web/providers/Microsoft.Web/sites/app-contoso-shop';

/** Connections that are completed again and again, by the kind of their secret. */
export const completed = {
  client_secret: 'azure',
  certificate: 'certificate',
  federated_token: 'workload_identity',
  token: 'bearer',
} as const;

const completions = Object.keys(completed).map(
  (field): SecretArgumentRow => ({
    tool: 'complete_connection',
    argument: field,
    isExport: false,
    call: (value) => ({
      connection: `try-${field.replaceAll('_', '-')}`,
      tenant_id: guid,
      client_id: guid,
      [field]: value,
    }),
  }),
);

const devops = (argument: string, more: Fields): SecretArgumentRow => ({
  tool: 'create_service_connection',
  argument,
  isExport: true,
  call: (value, round) => ({ ...project, name: `try-${round}`, verify: false, ...more, [argument]: value }),
});

const credentials: readonly (readonly [string, string, (value: unknown) => Fields])[] = [
  ['PAT', 'pat', (pat) => ({ pat })],
  ['SAS', 'sas', (sas) => ({ sas })],
  ['AccountKey', 'key', (key) => ({ key })],
  ['ApiKey', 'key', (key) => ({ key })],
  ['AccessKey', 'secretAccessKey', (secretAccessKey) => ({ accessKeyId: 'a', secretAccessKey })],
  ['UsernamePassword', 'password', (password) => ({ username: 'ada', password })],
  [
    'UsernamePassword',
    'securityToken',
    (securityToken) => ({ username: 'ada', password: { secret: 'bound' }, securityToken }),
  ],
  ['ServicePrincipal', 'clientSecret', (clientSecret) => ({ clientId: guid, tenantId: guid, clientSecret })],
  ['OAuth2', 'clientSecret', (clientSecret) => ({ clientId: guid, clientSecret })],
  ['OAuth2', 'password', (password) => ({ clientId: guid, clientSecret: { secret: 'bound' }, password })],
  ['OAuth2', 'refreshToken', (refreshToken) => ({ clientId: guid, clientSecret: { secret: 'bound' }, refreshToken })],
  [
    'OAuth2',
    'developerToken',
    (developerToken) => ({ clientId: guid, clientSecret: { secret: 'bound' }, developerToken }),
  ],
  ['CustomKeys', 'keys.one', (one) => ({ keys: { one } })],
  ['CustomKeys', 'keys.two', (two) => ({ keys: { one: { secret: 'bound' }, two } })],
  ['ApiKey', 'more', (more) => ({ key: { secret: 'bound' }, more })],
];

const workspaces = credentials.map(
  ([authType, member, make]): SecretArgumentRow => ({
    tool: 'create_workspace_connection',
    argument: `properties.credentials.${member} of ${authType}`,
    isExport: true,
    call: (value, round) => ({
      ...workspace,
      connection_name: `try-${round}`,
      properties: { authType, category: 'GenericRest', target, credentials: make(value) },
    }),
  }),
);

export const secretArguments: readonly SecretArgumentRow[] = [
  ...completions,
  {
    tool: 'complete_connection',
    argument: 'certificate_passphrase',
    isExport: false,
    call: (value) => ({
      ...{ connection: 'try-certificate', tenant_id: guid, client_id: guid },
      ...{ certificate: { secret: 'bound' }, certificate_passphrase: value },
    }),
  },
  {
    tool: 'convert_connection',
    argument: 'federated_token',
    isExport: false,
    call: (value) => ({ connection: 'ready', federated_token: value }),
  },
  {
    tool: 'provision_connection',
    argument: 'federated.token',
    isExport: false,
    call: (value, round) => ({
      name: `try-${round}`,
      credential: 'federated',
      roles: [],
      federated: { issuer: 'https://issuer.example', subject: 'a', token: value },
    }),
  },
  devops('client_secret', { scheme: 'ServicePrincipal', client_id: guid }),
  devops('certificate', { scheme: 'ServicePrincipal', client_id: guid }),
  devops('certificate_passphrase', {
    ...{ scheme: 'ServicePrincipal', client_id: guid, certificate: { secret: 'bound' } },
  }),
  devops('publish_profile', { scheme: 'PublishProfile', web_app_id: webApp }),
  ...workspaces,
];

/** Every argument of the registry that is declared as a secret, as `tool path`. */
export function declaredSecretArguments(): readonly string[] {
  return tools.flatMap(({ name, input }) => secretsBelow(input, []).map((path) => `${name} ${path.join('.')}`)).sort();
}

function secretsBelow(schema: unknown, path: readonly string[]): (readonly string[])[] {
  if (schema instanceof z.ZodOptional) return secretsBelow(schema.unwrap(), path);
  if (schema instanceof z.ZodArray) return secretsBelow(schema.element, path);
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, value]) => secretsBelow(value, [...path, key]));
  }
  // `describe` makes a copy that does the same.
  return schema instanceof z.ZodPipe && schema.out === secretArgument.out ? [path] : [];
}
