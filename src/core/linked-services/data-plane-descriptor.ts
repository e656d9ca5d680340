import type { ApiDescriptor } from '../http/api-descriptor.ts';

export interface DataPlaneDescriptorOptions {
  readonly name: string;
  /** For people: `the storage account stcontoso`. */
  readonly title: string;
  /** Address of this one service; the only one that gets the token. */
  readonly endpoint: string;
  readonly audience: string;
}

/** A data plane as the pipeline sees it. Each service is an API of its own: it throttles and fails alone. */
export function createDataPlaneDescriptor(options: DataPlaneDescriptorOptions): ApiDescriptor {
  return {
    name: options.name,
    title: options.title,
    // Probes send whole addresses; the version is part of them, or a header.
    versioning: { place: 'query', default: '', pattern: /^\d{4}-\d{2}(?:-\d{2})?$/, hint: 'use a date' },
    root: () => options.endpoint,
    audience: () => options.audience,
    service: () => 'data',
    charges: () => [],
    isReadOnlyPost: () => false,
    classifyError: () => ({}),
  };
}
