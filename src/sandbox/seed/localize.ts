import { isRecord } from '../../core/base/guards.ts';
import { clientSecretOf, secretHint } from '../entra/client-secret.ts';
import type { Seed, SeedCollection, SeedRelation } from './seed.ts';
import { type Tenant, tenant as template } from './tenant.ts';

/** The text as the tenant has it, for one that the seed writes for Contoso: other names, and ids of its own. */
export function localizeText(text: string, tenant: Tenant): string {
  if (tenant.id === template.id) return text;
  return text
    .replaceAll(template.idPrefix, tenant.idPrefix)
    .replaceAll(template.label, tenant.label)
    .replaceAll(template.displayName, tenant.displayName);
}

/** The same in every text of a plain value. */
export function localize<T>(value: T, tenant: Tenant): T {
  if (tenant.id === template.id) return value;
  // Only texts are exchanged, so the value keeps its type.
  return localizeValue(value, tenant) as T;
}

function localizeValue(value: unknown, tenant: Tenant): unknown {
  if (typeof value === 'string') return localizeText(value, tenant);
  if (Array.isArray(value)) return value.map((one) => localizeValue(one, tenant));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, localizeValue(one, tenant)]);
  return withOwnHint(Object.fromEntries(entries));
}

/** A secret belongs to its key id, so its first characters change with it. */
function withOwnHint(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { keyId, hint } = value;
  if (typeof keyId !== 'string' || typeof hint !== 'string') return value;
  return { ...value, hint: secretHint(clientSecretOf(keyId)) };
}

/** What the seed calls it. The opposite of `localizeText`, for ids and keys, which ignore case. */
function templateText(text: string, tenant: Tenant): string {
  return text.toLowerCase().replaceAll(tenant.idPrefix, template.idPrefix).replaceAll(tenant.label, template.label);
}

/** The seed of Contoso as that of another tenant. Objects are still created only when they are read. */
export function localizeSeed(seed: Seed, tenant: Tenant): Seed {
  if (tenant.id === template.id) return seed;
  const inTemplate = (text: string) => templateText(text, tenant);
  const collectionOf = (inner: SeedCollection): SeedCollection => ({
    get size() {
      return inner.size;
    },
    at: (position) => localize(inner.at(position), tenant),
    positionOf: (id) => inner.positionOf(inTemplate(id)),
    positionOfKey: (property, value) => inner.positionOfKey(property, inTemplate(value)),
  });
  const linksOf = (ids: readonly string[]) => ids.map((id) => localizeText(id, tenant));
  const relationOf = (inner: SeedRelation): SeedRelation => ({
    links: (id) => linksOf(inner.links(inTemplate(id))),
    backlinks: (id) => linksOf(inner.backlinks(inTemplate(id))),
  });
  return {
    collection: (type) => collectionOf(seed.collection(type)),
    relation(relation) {
      const inner = seed.relation(relation);
      return inner && relationOf(inner);
    },
    locate: (id) => seed.locate(inTemplate(id)),
    deletedItems: localize(seed.deletedItems, tenant),
  };
}
