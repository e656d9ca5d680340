/** What a federated token says about itself, unverified: for comparing and for advice, never for a decision about access. */
export interface AssertionClaims {
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly audiences: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number | undefined;
  /** Epoch milliseconds; the later of `nbf` and `iat`. */
  readonly validFrom: number | undefined;
  readonly keyId: string | undefined;
  readonly algorithm: string | undefined;
}

/** Undefined when the text is no JSON Web Token. */
export function readAssertion(token: string): AssertionClaims | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const header = parseObject(parts[0]);
  const claims = parseObject(parts[1]);
  if (header === undefined || claims === undefined) return undefined;
  const starts = [timeOf(claims['nbf']), timeOf(claims['iat'])].filter((time) => time !== undefined);
  return {
    issuer: textOf(claims['iss']),
    subject: textOf(claims['sub']),
    audiences: [claims['aud']].flat().filter((one) => typeof one === 'string'),
    expiresAt: timeOf(claims['exp']),
    validFrom: starts.length === 0 ? undefined : Math.max(...starts),
    keyId: textOf(header['kid']),
    algorithm: textOf(header['alg']),
  };
}

/** An identifier of a token for reading: it came over the wire, so nothing in it may look like text of ours. */
export function quoteClaim(text: string | undefined): string {
  if (text === undefined) return '(none)';
  const clean = text.replace(/[\p{C}\p{Zl}\p{Zp}'`]/gu, '');
  return `'${clean.length > 200 ? `${clean.slice(0, 200)}…` : clean}'`;
}

function parseObject(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    // Checked to be an object; its members stay unknown.
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Seconds beyond the range of dates are no time. */
function timeOf(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12 ? value * 1000 : undefined;
}
