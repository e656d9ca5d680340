/** Replaces secrets in text and values: known ones by value, others by shape and by the name of their field. */
export interface Redactor {
  /** From now on this value is masked wherever it appears. Values shorter than 6 characters are not registered. */
  register(secret: string): void;
  text(text: string): string;
  /** A copy with all strings masked and sensitive fields replaced; cycles and deep nesting are cut. */
  value(value: unknown): unknown;
}

const mask = '[redacted]';
const maxDepth = 12;

const sensitiveName =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie$|secret|password|passwd|assertion|^(?:access|refresh|id|bearer|federated)?_?token$|^private_?key$|^api-?key$|connection_?string/i;

/** Shapes of secrets: JWTs, bearer headers, form fields of token requests, SAS signatures, private keys, app secrets. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}/g, mask],
  [/\b(Bearer|Basic)\s+[\w~+/.=-]{8,}/gi, `$1 ${mask}`],
  [
    /\b((?:client_secret|client_assertion|assertion|refresh_token|access_token|id_token|password|code|sig|sharedaccesskey)["']?\s*[=:]\s*["']?)[^&\s"',;}]{4,}/gi,
    `$1${mask}`,
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask],
  [/\b[\w~.-]{3}[78]Q~[\w~.-]{31,34}/g, mask],
];

class ValueRedactor implements Redactor {
  readonly #secrets = new Set<string>();
  /** Everything that may appear, longest first, so that no tail of a longer secret is left. */
  #forms: readonly string[] = [];

  register(secret: string): void {
    if (secret.length < 6 || this.#secrets.has(secret)) return;
    this.#secrets.add(secret);
    const forms = [...this.#secrets].flatMap((value) => [
      value,
      encodeURIComponent(value.toWellFormed()),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString('base64'),
    ]);
    this.#forms = [...new Set(forms)].sort((one, other) => other.length - one.length);
  }

  text(text: string): string {
    let masked = text;
    for (const form of this.#forms) {
      if (masked.includes(form)) masked = masked.replaceAll(form, mask);
    }
    for (const [pattern, replacement] of patterns) {
      masked = masked.replace(pattern, replacement);
    }
    return masked;
  }

  value(value: unknown): unknown {
    return this.#copy(value, 0);
  }

  #copy(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
    if (depth >= maxDepth) return '[deep]';
    if (value instanceof Error) return this.#copyError(value, depth);
    if (Array.isArray(value)) return value.map((item) => this.#copy(item, depth + 1));
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.#copy(value.toJSON(), depth + 1);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        this.text(name),
        sensitiveName.test(name) && item !== undefined && item !== null ? mask : this.#copy(item, depth + 1),
      ]),
    );
  }

  /** Requests and responses that libraries hang onto their errors are left out: they carry headers. */
  #copyError(error: Error, depth: number): unknown {
    const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
    return {
      type: error.name,
      message: this.text(error.message),
      ...code,
      ...(error.stack === undefined ? {} : { stack: this.text(error.stack) }),
      ...(error.cause === undefined ? {} : { cause: this.#copy(error.cause, depth + 1) }),
    };
  }
}

export function createRedactor(): Redactor {
  return new ValueRedactor();
}
