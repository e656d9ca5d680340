import { AppError } from '../../src/core/base/errors.ts';
import type { NamedSecrets, NamedSecretView, WantedUse } from '../../src/core/named-secrets/named-secrets.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import type { FoundSecret, SecretKeeper } from '../../src/core/secrets/secret-keeper.ts';

/** Named secrets in memory, with everything that was asked of them. */
export interface FakeNamedSecrets extends NamedSecrets {
  /** What was kept, by name. */
  readonly kept: ReadonlyMap<string, FoundSecret>;
  readonly uses: readonly { readonly name: string; readonly use: WantedUse }[];
  /** Keeps nothing more. */
  isFull: boolean;
}

/** `given` are secrets that a person has set, each usable everywhere. */
export function fakeNamedSecrets(given: Readonly<Record<string, string>> = {}): FakeNamedSecrets {
  const kept = new Map<string, FoundSecret>();
  const uses: { name: string; use: WantedUse }[] = [];
  const find = (name: string) => (given[name] === undefined ? kept.get(name)?.secret : new Secret(given[name]));
  const state = { isFull: false };
  const keeper: SecretKeeper = {
    async keep(found) {
      if (state.isFull) return undefined;
      const last =
        found.resource
          .split('/')
          .at(-1)
          ?.replace(/[^A-Za-z0-9]+/g, '-') ?? '';
      const name = `kept-${last}-${found.member.replace(/[^A-Za-z0-9]+/g, '-')}`;
      kept.set(name, found);
      return name;
    },
  };
  const refuse = async () => {
    throw new AppError('refused', 'not in this fake', { hint: '' });
  };
  return {
    kept,
    uses,
    get isFull() {
      return state.isFull;
    },
    set isFull(value) {
      state.isFull = value;
    },
    list: async () =>
      [...Object.keys(given), ...kept.keys()].map(
        (name): NamedSecretView => ({
          name,
          fingerprint: '00000000',
          source: name in given ? 'person' : 'kept',
          use: ['export'],
          to: [],
          cloud: 'public',
          storedAt: '2026-11-20T10:00:00Z',
        }),
      ),
    set: refuse,
    reveal: async (name) => find(name) ?? refuse(),
    remove: refuse,
    async resolve(name, use) {
      uses.push({ name, use });
      const secret = find(name);
      if (secret === undefined) throw new AppError('refused', 'This secret cannot be used for this.', { hint: 'Ask.' });
      return secret;
    },
    sourceOf: async () => undefined,
    keeperOf: () => keeper,
  };
}
