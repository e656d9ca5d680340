import type { Entity } from '../../entity-store.ts';
import { idPrefixes } from '../../seed/mail.ts';
import type { SandboxRequest } from '../../service.ts';

/** What the `Prefer` headers of a mail request ask for. Source: "Get immutable identifiers for Outlook resources". */
export interface MailPreferences {
  readonly immutableIds: boolean;
  readonly textBodies: boolean;
  readonly maxPageSize: number | undefined;
  /** Value of `Preference-Applied`. */
  readonly applied: string | undefined;
}

export function readMailPreferences({ headers }: SandboxRequest): MailPreferences {
  const prefer = headers['prefer'] ?? '';
  const immutableIds = /IdType\s*=\s*"?ImmutableId"?/i.test(prefer);
  const textBodies = /outlook\.body-content-type\s*=\s*"?text"?/i.test(prefer);
  const pageSize = /odata\.maxpagesize\s*=\s*(\d+)/i.exec(prefer)?.[1];
  const applied = [
    ...(immutableIds ? ['IdType="ImmutableId"'] : []),
    ...(textBodies ? ['outlook.body-content-type="text"'] : []),
    ...(pageSize ? [`odata.maxpagesize=${pageSize}`] : []),
  ];
  return {
    immutableIds,
    textBodies,
    maxPageSize: pageSize ? Math.min(1000, Math.max(1, Number(pageSize))) : undefined,
    applied: applied.length > 0 ? applied.join(', ') : undefined,
  };
}

/** Id under which a message is kept, from either kind; undefined when the kind is not the preferred one. */
export function storedMessageId(id: string, { immutableIds }: MailPreferences): string | undefined {
  const prefix = immutableIds ? idPrefixes.immutable : idPrefixes.default;
  return id.startsWith(prefix) ? idPrefixes.default + id.slice(prefix.length) : undefined;
}

/** The message as these preferences show it. */
export function applyPreferences(message: Entity, { immutableIds, textBodies }: MailPreferences): Entity {
  const id = immutableIds ? idPrefixes.immutable + message.id.slice(idPrefixes.default.length) : message.id;
  const body = message['body'];
  if (!textBodies || typeof body !== 'object' || body === null || !('content' in body)) return { ...message, id };
  const content = String(body.content)
    .replace(/<br\s*\/?>/g, '\r\n')
    .replace(/<[^>]+>/g, '');
  return { ...message, id, body: { contentType: 'text', content } };
}
