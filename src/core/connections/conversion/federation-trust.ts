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

/** Looks at issuer and subject as one platform makes them; undefined when the issuer is not that platform's. */
export type IssuerCheck = (trust: FederationTrust) => FederationFindings | undefined;
