/**
 * What somebody who has signed in may do, as the registration of the app grants it: the scopes and app roles
 * `Tenantry.Read`, `Tenantry.Write` and `Tenantry.Manage`. `write` and `manage` include `read`.
 */
export const rights = ['read', 'write', 'manage'] as const;
export type Right = (typeof rights)[number];

export interface CallerFacts {
  /** Key of everything that belongs to the caller, in every store: `local`, or `<tenant id>/<object id>`. */
  readonly id: string;
  /** Default: all of them. */
  readonly rights?: readonly Right[];
  /** Object ids of the groups that the caller is a member of, as the token names them. Default none. */
  readonly groups?: readonly string[];
  /** How pages address a person. */
  readonly name?: string;
  /** The token that the caller signed in with. It goes to no host but the login host, in exchange for another one. */
  readonly assertion?: { reveal(): string };
  /** From when on the sign-in counts no more, in epoch milliseconds. Default: never. */
  readonly expiresAt?: number;
}

/** Who calls. One request has one; what it says is proven, not claimed. */
export class Caller {
  readonly id: string;
  readonly rights: ReadonlySet<Right>;
  readonly groups: ReadonlySet<string>;
  readonly name: string | undefined;
  readonly assertion: { reveal(): string } | undefined;
  readonly expiresAt: number | undefined;

  constructor({ id, rights: given = rights, groups = [], name, assertion, expiresAt }: CallerFacts) {
    this.id = id;
    this.rights = new Set(given.includes('write') || given.includes('manage') ? [...given, 'read'] : given);
    this.groups = new Set(groups.map((group) => group.toLowerCase()));
    this.name = name;
    this.assertion = assertion;
    this.expiresAt = expiresAt;
  }
}

/** The person at this machine, and every program that acts for them: on stdio, at the command line, in the library. */
export const localCaller = new Caller({ id: 'local' });
