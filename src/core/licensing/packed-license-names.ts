import names from './license-names.generated.json' with { type: 'json' };

/**
 * Brotli, base64: JSON of `{ skus: [id, part number, names…][], plans: [id, name, friendly name][] }`.
 * A module of its own, so that the first call that needs names loads it: a bundler leaves a dynamic import of JSON alone.
 */
export const packedLicenseNames: string = names.packed;
