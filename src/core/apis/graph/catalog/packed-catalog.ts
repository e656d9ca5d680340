import catalog from './graph-catalog.generated.json' with { type: 'json' };

/**
 * Brotli, base64: JSON of `PackedCatalog`. A module of its own, so that the first call that needs the catalog loads it: a
 * bundler leaves a dynamic import of JSON alone.
 */
export const packedCatalog: string = catalog.packed;

/** Where the facts come from, of when, and under which licence. */
export const source: string = catalog.source;
