import { isRecord, type PlainObject } from '../../base/guards.ts';
import type { ArmResource } from '../arm-records.ts';
import { groupOf } from './connection-groups.ts';
import { secretsOf } from './connection-secrets.ts';

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
