import type { ConnectionRecord } from '../core/record/connection.ts';
import { accessOf } from '../core/record/sharing.ts';
import { checklistResource, connectionResource, connectionsResource } from './connection-resources.ts';
import type { ResourceContext, TemplateResource } from './define-resource.ts';
import { referenceResource, topics } from './reference.ts';

/** A resource as `resources/list` shows it. */
export interface ListedResource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
}

/**
 * What a person can pick: a host shows this list, and few let somebody type the address of a template. So it has each
 * connection with its checklist, and each topic. Limits change all the time and results go with their answers: those two
 * are templates only.
 */
export async function listResources(
  context: Pick<ResourceContext, 'connections' | 'caller'>,
): Promise<readonly ListedResource[]> {
  const { read: _, ...all } = connectionsResource;
  const records = await context.connections.list(context.caller);
  return [
    all,
    ...records.flatMap((record) => [
      aboutOne(connectionResource, record, `Connection ${record.name}`),
      ...(accessOf(record, context.caller) === 'owner'
        ? [aboutOne(checklistResource, record, `Setup checklist of ${record.name}`)]
        : []),
    ]),
    ...Object.entries(topics).map(([topic, { title }]) => ({
      uri: addressOf(referenceResource, topic),
      name: `reference_${topic}`,
      title,
      description: `${title}, as data.`,
      mimeType: referenceResource.mimeType,
    })),
  ];
}

function aboutOne(template: TemplateResource, { name }: ConnectionRecord, title: string): ListedResource {
  const { name: family, description, mimeType } = template;
  return { uri: addressOf(template, name), name: `${family}_${name}`, title, description, mimeType };
}

/** The address of a member of a family with one variable. */
function addressOf({ uriTemplate }: TemplateResource, value: string): string {
  return uriTemplate.replace(/\{\w+\}/, value);
}

/** Whether changes of the resource are told: of connections, and of what is made from their records alone. */
export function isWatched(uri: string): boolean {
  return (
    uri === connectionsResource.uri || [connectionResource, checklistResource].some(({ pattern }) => pattern.test(uri))
  );
}

/** The resources that change when these connections do. */
export function resourcesAbout(names: readonly string[]): readonly string[] {
  return [
    connectionsResource.uri,
    ...names.flatMap((name) => [addressOf(connectionResource, name), addressOf(checklistResource, name)]),
  ];
}
