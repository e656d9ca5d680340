import { isRecord } from '../../../core/base/guards.ts';
import { withoutUndefined } from '../../../core/base/without-undefined.ts';
import { type PlainObject, recordOf } from '../../base/plain-object.ts';
import { isSameId } from '../arm-ids.ts';
import type { ArmResource } from '../arm-store.ts';
import { groupOf } from './connection-groups.ts';

/** Who wrote a connection last, and first. */
export interface ConnectionAuthors {
  readonly createdBy: string;
  readonly createdByType: string;
  readonly lastModifiedBy: string;
  readonly lastModifiedByType: string;
}

interface RenderOptions {
  /** Another id than the resource's own: lists spell it differently. */
  readonly id?: string;
  /** Type of the parent that was asked: a project shows the connections of its hub as its own. */
  readonly type: string;
  readonly withSecrets?: boolean;
}

/** A connection as an answer shows it: without its credentials, unless these were asked for. */
export function renderConnection(connection: ArmResource, { id, type, withSecrets }: RenderOptions): PlainObject {
  const { authType, category, ...rest } = connection.properties;
  const { credentials, value } = withSecrets ? secretsOf(connection) : {};
  const owner = connection.id.replace(/\/connections\/[^/]+$/i, '');
  return {
    id: id ?? connection.id,
    name: connection.name,
    type,
    properties: {
      authType,
      ...(credentials === undefined ? {} : { credentials }),
      ...(category === undefined ? {} : { category, group: groupOf(String(category)) }),
      isSharedToAll: false,
      ...rest,
      ...(value === undefined ? {} : { value }),
      createdByWorkspaceArmId: owner,
    },
    systemData: systemData(connection),
  };
}

function systemData({ createdTime, changedTime, traits }: ArmResource): PlainObject {
  const seeded = {
    createdBy: 'Platform Team',
    createdByType: 'User',
    lastModifiedBy: 'Platform Team',
    lastModifiedByType: 'User',
  };
  const authors = isRecord(traits?.['authors']) ? traits['authors'] : {};
  return { createdAt: createdTime, lastModifiedAt: changedTime, ...seeded, ...authors };
}

/** Types of connections, of workspaces and of Foundry's accounts and projects. */
const connectionTypes = [
  'Microsoft.MachineLearningServices/workspaces/connections',
  'Microsoft.CognitiveServices/accounts/connections',
  'Microsoft.CognitiveServices/accounts/projects/connections',
] as const;

/**
 * A connection as the store keeps it, however it came there: what is secret lies where no answer looks, except that of
 * ListSecrets. Every other resource stays as it is.
 */
export function concealSecrets(resource: ArmResource): ArmResource {
  if (!connectionTypes.some((type) => isSameId(type, resource.type))) return resource;
  const { credentials, value, ...properties } = resource.properties;
  const secrets = withoutUndefined({ credentials, value });
  if (Object.keys(secrets).length === 0) return resource;
  return { ...resource, properties, traits: { ...resource.traits, secrets } };
}

/** `credentials` and `value` of a connection, where it has them. */
export function secretsOf({ traits }: ArmResource): PlainObject {
  return recordOf(traits?.['secrets']);
}
