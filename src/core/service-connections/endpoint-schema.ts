import { z } from 'zod';
import type { Endpoint, Project } from './endpoints.ts';

/** The service writes every value as text; where one is not, its JSON means the same. */
const text = z.unknown().transform((value) => {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? null);
});
const texts = z.record(z.string(), text);

// Loose all the way: members that are not known here go back with the next update.
const endpointSchema = z.looseObject({
  id: z.string().min(1),
  name: z.string(),
  type: z.string(),
  url: z
    .string()
    .nullish()
    .transform((url) => url ?? ''),
  // Those who may only see an endpoint get it without its authorization.
  authorization: z
    .looseObject({ scheme: z.string().catch(''), parameters: texts.nullish() })
    .nullish()
    .transform((authorization) => authorization ?? { scheme: '' }),
  data: texts.nullish(),
  isShared: z.boolean().optional().catch(undefined),
  isReady: z.boolean().optional().catch(undefined),
  operationStatus: z
    .looseObject({ state: z.string().optional().catch(undefined), statusMessage: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
  serviceEndpointProjectReferences: z
    .array(
      z.looseObject({
        projectReference: z.looseObject({ id: z.string(), name: z.string().optional().catch(undefined) }),
        name: z.string().catch(''),
      }),
    )
    .nullish()
    .transform((references) => references ?? undefined),
});

/** An endpoint as the service sent it; undefined for null and for what is no endpoint. */
export function parseEndpoint(value: unknown): Endpoint | undefined {
  const parsed = endpointSchema.safeParse(value);
  // The schema keeps unknown members and checks the known ones; `undefined` members are dropped with JSON.
  return parsed.success ? (parsed.data as Endpoint) : undefined;
}

const projectSchema = z.looseObject({ id: z.string().min(1), name: z.string().min(1) });

export function parseProject(value: unknown): Project | undefined {
  const parsed = projectSchema.safeParse(value);
  return parsed.success ? { id: parsed.data.id, name: parsed.data.name } : undefined;
}
