import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { type Access, accessLevels } from '../record/connection.ts';
import type { SavedState, StateKey } from '../storage/saved-state.ts';
import { isSameIdentity, type SignInIdentities } from './identity-ceilings.ts';

/** What a person had given to identities whose connections an agent has removed. */
export interface PastGrants {
  remember(owner: string, identities: SignInIdentities, access: Access): Promise<void>;
  of(owner: string, identities: SignInIdentities): Promise<readonly Access[]>;
  /** A person has made a new decision. */
  forget(owner: string, identities: SignInIdentities): Promise<void>;
}

const grantsSchema = z.array(z.strictObject({ tenant: z.string().optional(), access: z.enum(accessLevels) }));
type Grants = z.infer<typeof grantsSchema>;

/** Kept by identity, since the state cannot be listed. */
export function createPastGrants(state: SavedState): PastGrants {
  return {
    async remember(owner, identities, access) {
      for (const { key, tenant } of placesOf(owner, identities)) {
        const others = (await read(key)).filter((grant) => grant.tenant !== tenant);
        await state.set(key, [...others, { tenant, access }]);
      }
    },
    async of(owner, identities) {
      const found: Access[] = [];
      for (const { key, client } of placesOf(owner, identities)) {
        for (const { tenant, access } of await read(key)) {
          const was = client === undefined ? ambient : { isAmbient: false, apps: [{ client, tenant }] };
          if (isSameIdentity(identities, was)) found.push(access);
        }
      }
      return found;
    },
    async forget(owner, identities) {
      for (const { key } of placesOf(owner, identities)) await state.remove(key);
    },
  };

  async function read(key: StateKey): Promise<Grants> {
    const parsed = grantsSchema.safeParse((await state.get(key)) ?? []);
    if (parsed.success) return parsed.data;
    throw new AppError('configuration', 'What connections of an identity were allowed before cannot be read.', {
      hint: 'Ask the person who runs Tenantry to look at the state folder of its home.',
    });
  }
}

const ambient: SignInIdentities = { apps: [], isAmbient: true };

interface Place {
  readonly key: StateKey;
  readonly client?: string;
  readonly tenant?: string | undefined;
}

function placesOf(owner: string, { apps, isAmbient }: SignInIdentities): readonly Place[] {
  const keyOf = (name: string): StateKey => ({ caller: owner, connectionId: 'past-grants', name: [name] });
  return [
    ...apps.map(({ client, tenant }) => ({ key: keyOf(client), client, tenant })),
    ...(isAmbient ? [{ key: keyOf('ambient') }] : []),
  ];
}
