import type { ApiConnection } from '../apis/api-connection.ts';
import { createArmDescriptor } from '../apis/arm/arm-descriptor.ts';
import { devopsPath } from '../apis/devops/devops-api.ts';
import { createDevOpsDescriptor } from '../apis/devops/devops-descriptor.ts';
import { createGraphDescriptor } from '../apis/graph/graph-descriptor.ts';
import type { CallContext } from '../base/call-context.ts';
import { absentAddress } from '../base/clouds.ts';
import type { ApiClient, ApiRequest } from '../http/api-client.ts';
import type { ApiDescriptor } from '../http/api-descriptor.ts';
import { findForeignAnswer } from '../http/untrue-answer.ts';
import { isClosed } from '../linked-services/data-plane-client.ts';
import type {
  LinkedService,
  LinkedServiceKind,
  ProbeStage,
  ReadableServices,
} from '../linked-services/linked-service.ts';
import type { ComparedAnswer } from './compare-answer.ts';
import { type Facts, MissingFact } from './facts.ts';
import type { CheckedService, CheckRequest } from './self-check.ts';

/** A connection whose requests can be sent without anything that the APIs add. */
export interface ReadableConnection extends ApiConnection {
  /**
   * A client that sends requests as they are given: no planner, no choice of versions, no completion. It only reads,
   * whatever the access of the connection, and keeps no secret of an answer; policy, limits and cancellation hold.
   */
  readerOf(descriptor: ApiDescriptor): ApiClient;
}

/** How far a request got; `foreign`: to something in the network that answered instead. */
type Reached = ProbeStage['stage'] | 'foreign';

/** The service could not be asked; `stage` says how far it got. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly stage: Reached;
  /** It may answer later. */
  readonly isBusy: boolean;

  constructor({ stage, status }: { readonly stage: Reached; readonly status: ProbeStage['status'] }) {
    super(stage);
    this.stage = stage;
    this.isBusy = status === 'warn';
  }
}

/** Sends the request of a check. Refusals are answers; what is no answer is thrown as an `AppError` or `NoAnswer`. */
export type SendRequest = (
  request: CheckRequest,
  links: ReadonlyMap<string, string>,
  call: CallContext,
) => Promise<ComparedAnswer>;

/** Refusals that a check may assume. Those that pass by themselves are repeated, and are failures in the end. */
const refusals = [400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 416, 422, 501];

const descriptors = { graph: createGraphDescriptor, arm: createArmDescriptor, devops: createDevOpsDescriptor };

export interface SenderOptions {
  readonly connection: ReadableConnection;
  readonly linkedServices: ReadableServices;
  readonly facts: Facts;
}

export function createSender(options: SenderOptions): SendRequest {
  const clients = new Map<string, ApiClient>();
  const clientOf = (service: keyof typeof descriptors) => {
    const known = clients.get(service);
    if (known !== undefined) return known;
    const client = options.connection.readerOf(descriptors[service]());
    clients.set(service, client);
    return client;
  };
  const dataPlanes = createDataPlanes(options);
  return async (request, links, call) => {
    if (isDataPlane(request.service)) return dataPlanes(request.service, request, call);
    const client = clientOf(request.service);
    const answer = await client.send(toApiRequest(request, client, links, options), call);
    return answerOfService(descriptors[request.service](), answer);
  };
}

/** Refusals are expected, so nothing before this has looked whether they are the service's own. */
function answerOfService(api: Partial<ApiDescriptor>, answer: ComparedAnswer): ComparedAnswer {
  if (findForeignAnswer({ api }, answer) === undefined) return answer;
  throw new NoAnswer({ stage: 'foreign', status: 'fail' });
}

function toApiRequest(
  request: CheckRequest,
  client: ApiClient,
  links: ReadonlyMap<string, string>,
  { facts, connection }: SenderOptions,
): ApiRequest {
  const { method = 'GET', headers = {}, query, body, follows } = request;
  // Whatever `base_url` says: the assumptions are about this version.
  const version = request.service === 'graph' ? 'v1.0' : request.version;
  const common = { method, headers, expectedStatuses: refusals };
  if (follows !== undefined) {
    const link = links.get(follows);
    if (link === undefined) throw new MissingFact('next page');
    return { ...common, path: link, verbatim: true };
  }
  const filled = facts.fill(request.path);
  const path =
    request.service === 'devops'
      ? devopsPath(organizationOf(connection), projectIn(request, facts), routeOf(filled))
      : filled;
  const params = query && Object.fromEntries(Object.entries(query).map(([name, value]) => [name, facts.text(value)]));
  if (version === 'none' || request.typed !== undefined) {
    // The URL builder adds a version to every address and corrects its query; only a link is sent unchanged.
    const apiVersion = request.service === 'graph' ? 'v1.0' : anyVersion;
    const address = client.resolveUrl({ path, apiVersion }).split('?', 1)[0] ?? '';
    const query = request.typed === undefined ? '' : `?${request.typed}`;
    return { ...common, path: `${address}${query}`, verbatim: true };
  }
  return {
    ...common,
    path,
    ...(params === undefined ? {} : { params }),
    ...(version === undefined ? {} : { apiVersion: version }),
    ...(body === undefined ? {} : { body: facts.inBody(body) }),
  };
}

/** Neither lacks a token: a connection may have the scope and name no organization, and few clouds have the service. */
function organizationOf({ record, cloud, devops }: ReadableConnection): string {
  if (record.identity.organization === undefined) throw new MissingFact('organization');
  if (cloud.devops === absentAddress('devops')) throw new MissingFact('Azure DevOps in the cloud');
  return devops.organizationOf({});
}

/** Any version will do: only the address before it is read. */
const anyVersion = '2022-12-01';

/** A path of Azure DevOps that begins with `/{project}` is below a project, every other one below the organization. */
function projectIn({ path }: CheckRequest, facts: Facts): string | undefined {
  const name = /^\/(\{?[A-Za-z-]+\}?)\/_apis\//.exec(path)?.[1];
  return name === undefined ? undefined : String(facts.text(name));
}

function routeOf(path: string): string {
  return path.slice(path.indexOf('/_apis'));
}

function isDataPlane(service: CheckedService): service is LinkedServiceKind & CheckedService {
  return service === 'blob' || service === 'servicebus' || service === 'azure-search';
}

const unreached = { stage: 'network', status: 'fail' } as const;

/** Services of a kind that are tried until one answers and lets the connection in. */
const mostTried = 3;

type Services = Awaited<ReturnType<ReadableServices['discover']>>;

/** Requests to one service of each kind: the first that lets the connection in, as far as one of a few does. */
function createDataPlanes({ connection, linkedServices, facts }: SenderOptions) {
  const chosen = new Map<LinkedServiceKind, Services>();
  const ask = async (service: LinkedService, request: CheckRequest, call: CallContext): Promise<ComparedAnswer> => {
    const client = await linkedServices.open(connection, service, call);
    if (client === undefined) throw new NoAnswer({ stage: 'discover', status: 'fail' });
    const query = Object.entries(request.query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const path = `${facts.fill(request.path)}${query.length === 0 ? '' : `?${query.join('&')}`}`;
    const { answer, stages } = await (request.method === 'HEAD' ? client.head : client.get)(path, request.headers);
    if (answer !== undefined) return answerOfService({}, answer);
    throw new NoAnswer(stages.find(({ status }) => status === 'fail' || status === 'warn') ?? unreached);
  };
  return async (kind: LinkedServiceKind, request: CheckRequest, call: CallContext): Promise<ComparedAnswer> => {
    const services = chosen.get(kind) ?? (await openOnes(kind, { connection, linkedServices }, call));
    let answer: ComparedAnswer | undefined;
    let noAnswer: unknown = new MissingFact(serviceNames[kind]);
    for (const service of services) {
      try {
        answer = await ask(service, request, call);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        noAnswer = error;
        continue;
      }
      chosen.set(kind, [service]);
      if (answer.status !== 401 && answer.status !== 403) return answer;
    }
    if (answer === undefined) throw noAnswer;
    return answer;
  };
}

async function openOnes(
  kind: LinkedServiceKind,
  { connection, linkedServices }: Pick<SenderOptions, 'connection' | 'linkedServices'>,
  call: CallContext,
): Promise<Services> {
  const { subscription_id, management_group_id } = connection.record.identity;
  if (subscription_id === undefined && management_group_id === undefined) {
    throw new MissingFact('subscription of the connection');
  }
  const services = await linkedServices.discover(connection, [kind], call);
  const open = services.filter((service) => !isClosed(service));
  return (open.length === 0 ? services : open).slice(0, mostTried);
}

const serviceNames: Readonly<Record<LinkedServiceKind, string>> = {
  blob: 'storage account',
  servicebus: 'Service Bus namespace',
  postgresql: 'PostgreSQL server',
  'cosmos-gremlin': 'Gremlin account',
  'azure-search': 'search service',
};
