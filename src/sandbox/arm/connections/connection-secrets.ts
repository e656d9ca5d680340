import { type PlainObject, recordOf, withoutUndefined } from '../../base/guards.ts';
import { isSameId } from '../arm-ids.ts';
import type { ArmResource } from '../arm-records.ts';

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
