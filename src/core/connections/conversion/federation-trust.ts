/** Whose tokens an app trusts. Entra compares all three exactly: case, slashes and all. */
export interface FederationTrust {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** A mistake that no token can ever match. */
export interface FederationError {
  readonly field: keyof FederationTrust;
  readonly message: string;
  /** What is valid instead. */
  readonly hint: string;
}

export interface FederationFindings {
  readonly errors: readonly FederationError[];
  /** Doubtful, but possible. */
  readonly notes: readonly string[];
}

/** Checks issuer and subject of one platform; undefined when the issuer belongs to another. */
export type IssuerCheck = (trust: FederationTrust) => FederationFindings | undefined;

/**
 * Codes of the authority for a credential that it does not know: at all, or because it is new. 7002138 is none of them:
 * it knows a credential that is spelt in another case, and waiting does not change that.
 */
export const notTrustedCodes: ReadonlySet<string> = new Set(
  ['70021', '70025', '700211', '700212', '700213', '7002137'].map((number) => `AADSTS${number}`),
);
