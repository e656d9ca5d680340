import { z } from 'zod';
import type { DevOpsScope } from '../apis/devops/devops-api.ts';
import { devopsIssuerHost, entraHosts } from '../auth/federated-token.ts';
import { AppError } from '../base/errors.ts';
import { isGuid } from '../base/guid.ts';
import { offerNames } from '../base/nearest.ts';
import { isPlainLine, quoted, quoteNames } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';

/** A call that means one project. */
export interface ProjectScope extends DevOpsScope {
  /** Name or id. */
  readonly project: string;
}

/** The project that an input names, apart from what else is in it. */
export function projectOf({ organization, project }: ProjectScope): ProjectScope {
  return withoutUndefined({ organization, project });
}

export interface Project {
  readonly id: string;
  readonly name: string;
}

/** Texts by name, as `data` and `authorization.parameters` hold them. Names are compared without regard to case. */
export type TextMap = Readonly<Record<string, string | null>>;

/** The content of an endpoint. Unknown members are kept, since an update sends the whole object back. */
export interface NewEndpoint {
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly description?: string | null;
  readonly isShared?: boolean;
  readonly isReady?: boolean;
  readonly owner?: string;
  readonly authorization: { readonly scheme: string; readonly parameters?: TextMap | null };
  readonly data?: TextMap | null;
  readonly operationStatus?: { readonly state?: string; readonly statusMessage?: string | null } | null;
  readonly serviceEndpointProjectReferences?: readonly {
    readonly projectReference: { readonly id: string; readonly name?: string };
    readonly name: string;
    readonly description?: string | null;
  }[];
  readonly [member: string]: unknown;
}

/** A service endpoint as REST sends it: what the product calls a service connection. */
export interface Endpoint extends NewEndpoint {
  readonly id: string;
}

/** The text under a name, ignoring case; undefined when it is absent, null or empty. */
export function readText(texts: TextMap | null | undefined, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const found = Object.entries(texts ?? {}).find(([key, value]) => key.toLowerCase() === wanted && value);
  return found?.[1] ?? undefined;
}

/** The texts without a name, ignoring case. */
export function withoutText(texts: TextMap | null | undefined, name: string): TextMap {
  const unwanted = name.toLowerCase();
  return Object.fromEntries(Object.entries(texts ?? {}).filter(([key]) => key.toLowerCase() !== unwanted));
}

/** The texts that say something: without null and empty ones. */
function filledTexts(texts: TextMap | null | undefined): TextMap {
  return Object.fromEntries(Object.entries(texts ?? {}).filter(([, value]) => value !== null && value !== ''));
}

/**
 * The endpoint as an update sends it back. The service shows a stored secret as null or as nothing, and keeps it where it is
 * left out; an empty key would ask for a new one.
 * https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints/update-service-endpoint
 */
export function forUpdate(endpoint: Endpoint): Endpoint {
  const { authorization, data } = endpoint;
  return {
    ...endpoint,
    authorization: { ...authorization, parameters: filledTexts(authorization.parameters) },
    ...(data ? { data: filledTexts(data) } : {}),
  };
}

/** Parameters as the service's test wants them: null stands for the secret that it has stored. */
export function storedParameters({ authorization: { parameters } }: Endpoint): TextMap {
  return Object.fromEntries(Object.entries(parameters ?? {}).map(([name, value]) => [name, value || null]));
}

/** Schemes and types differ in case between old and new endpoints. */
export function isScheme({ authorization }: Endpoint, scheme: string): boolean {
  return authorization.scheme.toLowerCase() === scheme.toLowerCase();
}

export function isAzure({ type }: Endpoint): boolean {
  return type.toLowerCase() === 'azurerm';
}

/** Whether an endpoint can be used, is in progress, or has failed. */
export function stateOf({ isReady, operationStatus }: Endpoint): 'ready' | 'in_progress' | 'failed' {
  const state = operationStatus?.state?.toLowerCase();
  if (state === 'failed') return 'failed';
  return isReady === false || state === 'inprogress' ? 'in_progress' : 'ready';
}

/** Whether it was started and not finished. */
export function isDraft({ data }: Endpoint): boolean {
  return readText(data, 'isDraft')?.toLowerCase() === 'true';
}

/** Whether Azure DevOps made the app that it signs in with. */
export function isMadeByService({ data }: Endpoint): boolean {
  return readText(data, 'creationMode')?.toLowerCase() === 'automatic';
}

/** Client id of the app that it signs in with. */
export function clientIdOf({ authorization }: Endpoint): string | undefined {
  return readText(authorization.parameters, 'serviceprincipalid')?.toLowerCase();
}

/** What the tokens of a federated connection say. */
export interface Federation {
  readonly issuer: string;
  readonly subject: string;
}

/** Undefined unless the service tells both. */
export function federationOf({ authorization: { parameters } }: Endpoint): Federation | undefined {
  const issuer = readText(parameters, 'workloadIdentityFederationIssuer');
  const subject = readText(parameters, 'workloadIdentityFederationSubject');
  return issuer === undefined || subject === undefined ? undefined : { issuer, subject };
}

/** The other projects that use it. */
export function otherProjects({ serviceEndpointProjectReferences: references = [] }: Endpoint, project: Project) {
  const id = project.id.toLowerCase();
  return references.map(({ projectReference }) => projectReference).filter((one) => one.id.toLowerCase() !== id);
}

/** The endpoint that an id or, ignoring case, a name means. Names are unique in a project. */
export function findEndpoint(endpoints: readonly Endpoint[], idOrName: string): Endpoint | undefined {
  const wanted = idOrName.trim().toLowerCase();
  return (
    endpoints.find(({ id }) => id.toLowerCase() === wanted) ??
    endpoints.find(({ name }) => name.toLowerCase() === wanted)
  );
}

/** The error for an unknown id or name, with the nearest names. */
export function unknownEndpoint(endpoints: readonly Endpoint[], idOrName: string, project: Project): AppError {
  const names = endpoints.map(({ name }) => name);
  const { near: like, names: some } = offerNames(idOrName, names);
  const nearest = like.length > 0 ? like : some;
  const lead = like.length > 0 ? `The nearest ${like.length === 1 ? 'is' : 'are'}` : 'Some of those that it has:';
  const near = nearest.length === 0 ? '' : ` ${lead} ${quoteNames(nearest)}.`;
  return new AppError(
    'not_found',
    `The project ${quoted(project.name)} has no service connection ${JSON.stringify(idOrName.slice(0, 100))}, or the connection may not see it.${near}`,
    {
      hint:
        nearest.length === 0
          ? 'The connection sees none in this project: give its app the role User or Administrator on them.'
          : 'Use an id or a name from list_service_connections.',
      detail: { nearest },
    },
  );
}

/** What the tokens of a service connection must say, whatever the service answers. */
interface ExpectedFederation {
  /** Id of the service connection. */
  readonly id: string;
  /** Tenants whose issuer it may be, in lower case; any when absent. */
  readonly tenantIds?: readonly string[];
  /** Name of the organization; any when absent. */
  readonly organization?: string;
  /** Its id, in lower case; any when absent. */
  readonly organizationId?: string;
  /** Authority of the cloud, beside those of Microsoft. */
  readonly login?: string;
}

/**
 * Whether issuer and subject can be those of a service connection: from Microsoft Entra, with organization and
 * connection at the end of the subject, or from Azure DevOps with its own form. An app must not trust anything else.
 * https://learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity
 */
export function isOwnFederation({ issuer, subject }: Federation, expected: ExpectedFederation): boolean {
  const url = isPlainLine(issuer) ? URL.parse(issuer) : null;
  // It is compared as text later, so it must be in canonical form.
  const isExact = url !== null && issuer === `https://${url.host}${url.pathname}`;
  if (!isExact || !isPlainLine(subject) || /[*\s]/.test(issuer) || subject.includes('*')) return false;
  return url.host === devopsIssuerHost ? isOfDevOps(url, subject, expected) : isOfEntra(url, subject, expected);
}

function isOfDevOps({ pathname }: URL, subject: string, { organization, organizationId }: ExpectedFederation): boolean {
  const id = pathname.slice(1).toLowerCase();
  const named = /^sc:\/\/([^/]+)\/[^/]+\/.+$/.exec(subject)?.[1];
  const isOurs = organization === undefined || named?.toLowerCase() === organization.toLowerCase();
  return isGuid(id) && id === (organizationId ?? id) && named !== undefined && isOurs;
}

function isOfEntra({ host, pathname }: URL, subject: string, expected: ExpectedFederation): boolean {
  const [, tenantId = '', ...rest] = pathname.toLowerCase().split('/');
  const isTenant = isGuid(tenantId) && rest.join('/') === 'v2.0' && (expected.tenantIds?.includes(tenantId) ?? true);
  const [id, organizationId = '', sc] = subject.toLowerCase().split('/').toReversed();
  const isOurs = isGuid(organizationId) && organizationId === (expected.organizationId ?? organizationId);
  const isHost = entraHosts.has(host) || host === URL.parse(expected.login ?? '')?.host;
  return isHost && isTenant && isOurs && sc === 'sc' && id === expected.id.toLowerCase();
}

/** The service writes every value as text; other values are turned into JSON. */
const text = z.unknown().transform((value) => {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? null);
});
const texts = z.record(z.string(), text);

// Loose all the way: members that are not known here go back with the next update.
const endpointSchema = z.looseObject({
  id: z.string().min(1),
  name: z.string(),
  type: z.string(),
  url: z
    .string()
    .nullish()
    .transform((url) => url ?? ''),
  // Those who may only see an endpoint get it without its authorization.
  authorization: z
    .looseObject({ scheme: z.string().catch(''), parameters: texts.nullish() })
    .nullish()
    .transform((authorization) => authorization ?? { scheme: '' }),
  data: texts.nullish(),
  isShared: z.boolean().optional().catch(undefined),
  isReady: z.boolean().optional().catch(undefined),
  operationStatus: z
    .looseObject({ state: z.string().optional().catch(undefined), statusMessage: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
  serviceEndpointProjectReferences: z
    .array(
      z.looseObject({
        projectReference: z.looseObject({ id: z.string(), name: z.string().optional().catch(undefined) }),
        name: z.string().catch(''),
      }),
    )
    .nullish()
    .transform((references) => references ?? undefined),
});

/** An endpoint as the service sent it; undefined for anything else. */
export function parseEndpoint(value: unknown): Endpoint | undefined {
  const parsed = endpointSchema.safeParse(value);
  // The schema keeps unknown members and checks the known ones; `undefined` members are dropped with JSON.
  return parsed.success ? (parsed.data as Endpoint) : undefined;
}

const projectSchema = z.looseObject({ id: z.string().min(1), name: z.string().min(1) });

export function parseProject(value: unknown): Project | undefined {
  const parsed = projectSchema.safeParse(value);
  return parsed.success ? { id: parsed.data.id, name: parsed.data.name } : undefined;
}
