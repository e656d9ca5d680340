import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { type NamedSecret, secretUses } from './storage.ts';

// What a newer version wrote beside these members survives a read and a write.
const place = z.looseObject({ holder: z.string(), target: z.string().exactOptional() });
const namedSecret = z.looseObject({
  name: z.string(),
  owner: z.string(),
  ref: z.string(),
  fingerprint: z.string(),
  source: z.enum(['person', 'kept', 'generated']),
  use: z.array(z.enum(secretUses)),
  to: z.array(place),
  cloud: z.string(),
  origin: z
    .looseObject({
      connectionId: z.string(),
      resource: z.string(),
      member: z.string(),
      tenantId: z.string().exactOptional(),
      appId: z.string().exactOptional(),
      sharedBy: z.string().exactOptional(),
    })
    .exactOptional(),
  storedAt: z.string(),
  expiresAt: z.string().exactOptional(),
  keptUntil: z.string().exactOptional(),
});

/** Reads a named secret that a store keeps as JSON. Throws `configuration` when the text is not one. */
export function parseNamedSecret(name: string, text: string): NamedSecret {
  try {
    return namedSecret.parse(JSON.parse(text));
  } catch {
    throw new AppError('configuration', `The stored secret ${name} cannot be read.`, {
      hint: 'It was damaged or written by another version: use that version, or another home folder.',
    });
  }
}
