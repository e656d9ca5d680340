import type { Clock } from '../../core/base/clock.ts';
import type { ArmStore } from '../arm/arm-store.ts';
import type { EntityStore } from '../base/entity-store.ts';
import { createPlacement } from '../base/placement.ts';
import { localize } from '../seed/localize.ts';
import { type DevOpsStore, devopsSettings, type ProjectRecord } from './devops-store.ts';
import { federationOf } from './endpoints/federation.ts';
import { devopsPlacers } from './place-devops-object.ts';
import { createDevOpsSeed, seededEndpoints, seededExecutions } from './seed/create-devops-seed.ts';
import { seededOrganization } from './seed/devops-credentials.ts';

interface DevOpsStoreOptions {
  readonly directory: EntityStore;
  readonly arm: ArmStore;
  readonly clock: Clock;
  newId(): string;
}

interface State
  extends Pick<
    DevOpsStore,
    'endpoints' | 'members' | 'accessTokens' | 'permissions' | 'executions' | 'goodFederations'
  > {
  readonly projects: Map<string, ProjectRecord>;
}

const longKnown = { since: Number.NEGATIVE_INFINITY, times: Number.POSITIVE_INFINITY };

/**
 * Its contents, including the apps behind endpoints, are created by `prepare`, because they belong to the tenant from
 * the start: nothing may appear in the directory because somebody looked at the organization.
 */
export function createDevOpsStore({ directory, arm, clock, newId }: DevOpsStoreOptions): DevOpsStore {
  const { tenant } = arm;
  let made: State | undefined;
  // Seeded dates are relative to the start, even if the first request comes later.
  let startedAt = clock.now();
  const state = () => {
    if (made) return made;
    const { projects, members, accessTokens } = createDevOpsSeed(directory, startedAt, tenant);
    made = {
      projects: new Map(projects.map((one) => [one.id, one])),
      endpoints: new Map(),
      members: new Map(members.map((one) => [one.objectId, one])),
      accessTokens: [...accessTokens],
      permissions: new Map(),
      executions: [],
      goodFederations: new Map(),
    };
    for (const one of seededEndpoints({ store, directory, arm, startedAt })) {
      made.endpoints.set(one.id, one);
      // Seeded federations have already propagated.
      const isFederated = one.authorization.scheme === 'WorkloadIdentityFederation';
      if (isFederated) made.goodFederations.set(`${one.id} ${federationOf(one, store).subject}`, longKnown);
    }
    const [first = ''] = made.endpoints.keys();
    made.executions.push(...seededExecutions(first, startedAt, tenant));
    return made;
  };
  const store: DevOpsStore = {
    tenant,
    organization: localize<DevOpsStore['organization']>(seededOrganization, tenant),
    projects: () => [...state().projects.values()],
    findProject(nameOrId) {
      const wanted = nameOrId.toLowerCase();
      return store.projects().find(({ id, name }) => id === wanted || name.toLowerCase() === wanted);
    },
    putProject(project) {
      state().projects.set(project.id, project);
    },
    get endpoints() {
      return state().endpoints;
    },
    get members() {
      return state().members;
    },
    get accessTokens() {
      return state().accessTokens;
    },
    get permissions() {
      return state().permissions;
    },
    get executions() {
      return state().executions;
    },
    get goodFederations() {
      return state().goodFederations;
    },
    prepare: () => void state(),
    setting: (type) => placement.settings(type).at(-1),
    place: (type, object) => placement.place(type, object),
    reset() {
      made = undefined;
      placement.clear();
      startedAt = clock.now();
    },
  };
  const placement = createPlacement({
    owner: 'devops',
    objects: devopsPlacers({ store, directory, arm, clock, newId }),
    settings: devopsSettings,
  });
  return store;
}
