import type { Entity, EntityStore } from '../../entity-store.ts';
import { appIds } from '../../seed/sandbox-credentials.ts';
import type {
  AccessTokenRecord,
  EndpointRecord,
  ExecutionRecord,
  MemberRecord,
  ProjectRecord,
} from '../devops-records.ts';
import { identityOf } from '../identity-ref.ts';
import { seededAccessToken, seededProjects } from './devops-credentials.ts';
import type { SeedPlaces } from './endpoint-app.ts';
import { seededEndpointIds } from './endpoint-ids.ts';
import { endpointSeeds } from './endpoint-seeds.ts';
import { seedEndpoint } from './seed-endpoint.ts';

/** The organization before the first write. */
export interface DevOpsSeed {
  readonly projects: readonly ProjectRecord[];
  readonly members: readonly MemberRecord[];
  readonly accessTokens: readonly AccessTokenRecord[];
}

export interface DevOpsSeedOptions {
  readonly directory: EntityStore;
  /** Start of the sandbox clock, milliseconds. */
  readonly startedAt: number;
}

const dayMs = 86_400_000;

/** Members: the first person of the tenant and the sandbox app run the organization, the read-only app reads. */
export function createDevOpsSeed({ directory, startedAt }: DevOpsSeedOptions): DevOpsSeed {
  const principalOf = (appId: string) => directory.findByKey('servicePrincipal', 'appId', appId)?.id ?? '';
  const person = firstPerson(directory)?.id ?? '';
  return {
    projects: [
      projectOf(seededProjects.payments, 'Payment services and their deployments'),
      projectOf(seededProjects.game, 'Build and release of the web game'),
      projectOf(seededProjects.empty, 'Nothing here yet'),
    ],
    members: [
      { objectId: principalOf(appIds.sandbox), role: 'administrator' },
      { objectId: person, role: 'administrator' },
      { objectId: principalOf(appIds.readOnly), role: 'reader' },
    ],
    accessTokens: [{ token: seededAccessToken, objectId: person, scopes: [], expires: startedAt + 90 * dayMs }],
  };
}

export function firstPerson(directory: EntityStore): Entity | undefined {
  for (const { entity } of directory.scan('user')) return entity;
  return undefined;
}

function projectOf({ id, name }: { readonly id: string; readonly name: string }, description: string): ProjectRecord {
  return { id, name, description, lastUpdateTime: '2025-10-06T07:30:00Z' };
}

/**
 * Endpoints of every kind, with the apps behind them: these are put into the directory and their roles into Resource
 * Manager only now, so that a sandbox that nobody asks for Azure DevOps has none of them.
 */
export function seededEndpoints(places: SeedPlaces): readonly EndpointRecord[] {
  const createdBy = identityOf(firstPerson(places.directory)?.id ?? '', places.directory);
  return endpointSeeds(places).map((seed, index) =>
    seedEndpoint(seed, seededEndpointIds(index + 1), createdBy, places),
  );
}

/** Three pages' worth of uses of the first endpoint, when a page is of ten. */
export function seededExecutions(endpointId: string, startedAt: number): readonly ExecutionRecord[] {
  return Array.from({ length: 25 }, (_, index) => ({
    id: 25 - index,
    endpointId,
    projectId: seededProjects.payments.id,
    result: index % 7 === 3 ? 'failed' : 'succeeded',
    startTime: new Date(startedAt - (index + 1) * 3 * 3_600_000).toISOString(),
  }));
}
