import { z } from 'zod';

// What api-version 2024-04-01 specifies for connections of workspaces, read a second time for the tests: nothing here
// comes from the tables of the product or of the sandbox, so that a mistake in one of them shows.
// https://learn.microsoft.com/rest/api/azureml/workspace-connections?view=rest-azureml-2024-04-01

const text = z.string();
const dateTime = z.iso.datetime({ offset: true });

const properties = {
  category: text.optional(),
  target: text.optional(),
  metadata: z.record(text, text).optional(),
  expiryTime: dateTime.optional(),
  isSharedToAll: z.boolean().optional(),
  sharedUserList: z.array(text).optional(),
  value: text.optional(),
  valueFormat: text.optional(),
};

/** Members that only the service writes. */
const readOnly = {
  group: z.enum(['Azure', 'AzureAI', 'Database', 'NoSQL', 'File', 'GenericProtocol', 'ServicesAndApps']).optional(),
  createdByWorkspaceArmId: z.string().startsWith('/subscriptions/').optional(),
};

/** Auth types that allow no other members. */
function closed(authType: string, credentials?: z.ZodRawShape) {
  return (more: z.ZodRawShape) =>
    z.strictObject({
      authType: z.literal(authType),
      ...properties,
      ...more,
      ...(credentials === undefined ? {} : { credentials: z.strictObject(credentials).optional() }),
    });
}

function open(authType: string, credentials?: z.ZodType) {
  return (more: z.ZodRawShape) =>
    z.looseObject({
      authType: z.literal(authType),
      ...properties,
      ...more,
      ...(credentials === undefined ? {} : { credentials: credentials.optional() }),
    });
}

const some = (shape: Readonly<Record<string, z.ZodType>>) =>
  Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.optional()]));

const variants = [
  closed('PAT', some({ pat: text })),
  closed('ManagedIdentity', some({ clientId: text, resourceId: text })),
  closed('UsernamePassword', some({ username: text, password: text, securityToken: text })),
  closed('None'),
  closed('SAS', some({ sas: text })),
  open('AccountKey', z.strictObject(some({ key: text }))),
  open('ServicePrincipal', z.looseObject(some({ clientId: text, clientSecret: text, tenantId: text }))),
  open('AccessKey', z.looseObject(some({ accessKeyId: text, secretAccessKey: text }))),
  open('ApiKey', z.looseObject(some({ key: text }))),
  open('CustomKeys', z.looseObject(some({ keys: z.record(text, text) }))),
  open(
    'OAuth2',
    z.looseObject(
      some({
        clientId: z.guid(),
        clientSecret: text,
        authUrl: z.url(),
        username: text,
        password: text,
        refreshToken: text,
        developerToken: text,
        tenantId: text,
      }),
    ),
  ),
  open('AAD'),
];

const anyOf = (more: z.ZodRawShape) => z.union(variants.map((variant) => variant(more)));

/** Body of a PUT. */
export const requestBody = z.strictObject({ properties: anyOf({}) });

const who = z.enum(['User', 'Application', 'ManagedIdentity', 'Key']);
const systemData = z.strictObject(
  some({
    createdAt: dateTime,
    createdBy: text,
    createdByType: who,
    lastModifiedAt: dateTime,
    lastModifiedBy: text,
    lastModifiedByType: who,
  }),
);

const resource = z.strictObject({
  id: z.string().startsWith('/subscriptions/'),
  name: text,
  type: z.literal('Microsoft.MachineLearningServices/workspaces/connections'),
  properties: anyOf(readOnly),
  systemData: systemData.optional(),
});

const problem = { code: text, message: text, target: text.optional(), additionalInfo: z.array(z.unknown()).optional() };
const failure = z.strictObject({
  error: z.strictObject({ ...problem, details: z.array(z.strictObject(problem)).optional() }),
});
const noBody = z.undefined();

interface Operation {
  readonly name: string;
  readonly method: string;
  /** Below the workspace. */
  readonly path: RegExp;
  readonly query: readonly string[];
  readonly request: z.ZodType;
  readonly answers: Readonly<Record<number, z.ZodType>>;
}

const name = '[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}';

/** The five operations with their statuses; any other status is an error with its body. */
export const operations: readonly Operation[] = [
  ['PUT', `/${name}`, [], requestBody, { 200: resource }],
  ['GET', `/${name}`, [], noBody, { 200: resource }],
  ['DELETE', `/${name}`, [], noBody, { 200: noBody, 204: noBody }],
  [
    'GET',
    '',
    ['target', 'category', '$skip'],
    noBody,
    { 200: z.strictObject({ value: z.array(resource), nextLink: z.url().optional() }) },
  ],
  ['POST', `/${name}/listsecrets`, [], noBody, { 200: resource }],
].map(([method, path, query, request, answers]) => ({
  name: `${String(method)} connections${String(path).replace(name, '{name}')}`,
  method: String(method),
  path: new RegExp(
    `^/subscriptions/[^/]+/resourceGroups/[^/]{1,90}/providers/Microsoft\\.MachineLearningServices/workspaces/${name}/connections${String(path)}$`,
  ),
  query: [...(query as readonly string[]), 'api-version'],
  request: request as z.ZodType,
  answers: answers as Readonly<Record<number, z.ZodType>>,
}));

export const failureBody = failure;
