import type { PlainObject } from '../../base/plain-object.ts';

/** A seeded resource. Its ids, times, and ETags are derived from it. */
export interface ResourceSeed {
  readonly type: string;
  /** Nested types separate their names with `/`: `stcontosoweb/default/assets`. */
  readonly name: string;
  readonly location?: string;
  readonly kind?: string;
  readonly sku?: PlainObject;
  readonly tags?: Readonly<Record<string, string>>;
  readonly identity?: PlainObject;
  readonly zones?: readonly string[];
  readonly managedBy?: string;
  readonly properties: PlainObject;
  readonly traits?: PlainObject;
}

export interface GroupSeed {
  readonly name: string;
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly resources: readonly ResourceSeed[];
}

/** What the seed needs to know about the tenant. */
export interface ArmSeedContext {
  /** Object id of a seeded app's service principal. */
  principalOf(appId: string): string;
}
