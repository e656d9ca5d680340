import type { ArmResource } from '../arm/arm-store.ts';
import type { PlainObject } from '../base/plain-object.ts';
import { xmlText } from './data-plane-service.ts';

export const namespaceType = 'Microsoft.ServiceBus/namespaces';

/** The kinds of entities that the management endpoint names, by the element of their description. */
export const entityKinds = { QueueDescription: 'queues', TopicDescription: 'topics' } as const;
export type EntityElement = keyof typeof entityKinds;

const xmlns = 'http://schemas.microsoft.com/netservices/2010/10/servicebus/connect';
const noEnd = 'P10675199DT2H48M5.4775807S';

/** What a description says if the resource does not. Source: "Queue description" of the Service Bus REST reference. */
const queueDefaults: PlainObject = {
  LockDuration: 'PT1M',
  MaxSizeInMegabytes: 1024,
  RequiresDuplicateDetection: false,
  RequiresSession: false,
  DefaultMessageTimeToLive: noEnd,
  DeadLetteringOnMessageExpiration: false,
  DuplicateDetectionHistoryTimeWindow: 'PT10M',
  MaxDeliveryCount: 10,
  EnableBatchedOperations: true,
};

const topicDefaults: PlainObject = {
  DefaultMessageTimeToLive: noEnd,
  MaxSizeInMegabytes: 1024,
  RequiresDuplicateDetection: false,
  DuplicateDetectionHistoryTimeWindow: 'PT10M',
  EnableBatchedOperations: true,
  SupportOrdering: true,
};

function defaultsOf(element: EntityElement): PlainObject {
  return element === 'QueueDescription' ? queueDefaults : topicDefaults;
}

/** `LockDuration` of a description is `lockDuration` of the resource. */
function memberOf(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** The description of a queue or topic, as content of an entry. It has no messages. */
export function describeEntity(element: EntityElement, { properties, createdTime, changedTime }: ArmResource): string {
  const settings = Object.entries(defaultsOf(element)).map(([name, value]) => [
    name,
    properties[memberOf(name)] ?? value,
  ]);
  const counts = ['Active', 'DeadLetter', 'Scheduled', 'TransferDeadLetter', 'Transfer'].map(
    (kind) => `<d2p1:${kind}MessageCount>0</d2p1:${kind}MessageCount>`,
  );
  const members = [
    ...settings,
    ['SizeInBytes', 0],
    ...(element === 'QueueDescription' ? [['MessageCount', 0]] : [['SubscriptionCount', 0]]),
    ['Status', properties['status'] ?? 'Active'],
    ['CreatedAt', createdTime],
    ['UpdatedAt', changedTime],
    ['AccessedAt', changedTime],
    ['AutoDeleteOnIdle', properties['autoDeleteOnIdle'] ?? noEnd],
    ['EnablePartitioning', properties['enablePartitioning'] ?? false],
    ['EntityAvailabilityStatus', 'Available'],
    ['EnableExpress', properties['enableExpress'] ?? false],
    ['MaxMessageSizeInKilobytes', properties['maxMessageSizeInKilobytes'] ?? 256],
  ].map(([name, value]) => `<${name}>${xmlText(String(value))}</${name}>`);
  const countDetails = `<CountDetails xmlns:d2p1="http://schemas.microsoft.com/netservices/2011/06/servicebus">${counts.join('')}</CountDetails>`;
  return `<${element} xmlns="${xmlns}">${members.join('')}${countDetails}</${element}>`;
}

export function describeNamespace({ name, sku, createdTime, changedTime }: ArmResource): string {
  const edition = String(sku?.['name'] ?? 'Standard');
  return `<NamespaceInfo xmlns="${xmlns}"><CreatedTime>${createdTime}</CreatedTime><MessagingSKU>${xmlText(edition)}</MessagingSKU><MessagingUnits>1</MessagingUnits><ModifiedTime>${changedTime}</ModifiedTime><Name>${xmlText(name)}</Name><NamespaceType>Messaging</NamespaceType></NamespaceInfo>`;
}

/** The kind and the settings of a description that a client sent; undefined for anything else. */
export function readDescription(
  body: string,
): { readonly element: EntityElement; readonly properties: PlainObject } | undefined {
  const element = (['QueueDescription', 'TopicDescription'] as const).find((name) => body.includes(`<${name}`));
  if (!element) return undefined;
  const given = Object.entries(defaultsOf(element)).flatMap(([name, value]) => {
    const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
    return text === undefined ? [] : [[memberOf(name), typed(text, value)] as const];
  });
  return { element, properties: { status: 'Active', ...Object.fromEntries(given) } };
}

function typed(text: string, like: unknown): unknown {
  if (typeof like === 'number') return Number(text);
  return typeof like === 'boolean' ? text === 'true' : text;
}
