import { AppError } from '../../base/errors.ts';

/** Codes of a refusal because of the api-version: of Resource Manager itself, and of providers. */
const versionCodes: ReadonlySet<string> = new Set(
  ['NoRegisteredProviderFound', 'InvalidApiVersionParameter', 'UnsupportedApiVersion', 'InvalidResourceType'].map(
    (code) => code.toLowerCase(),
  ),
);

/** A refusal because of an api-version. It says nothing about the resource. */
export interface VersionRefusal {
  /** The refused version, where it is named. In a template, each resource has one of its own. */
  readonly refused: string | undefined;
  /** Those that this cloud serves for the type; may be none. */
  readonly served: readonly string[];
}

/**
 * Reads such a refusal; undefined for every other failure.
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-invalid-apiversion
 */
export function readVersionRefusal(error: unknown): VersionRefusal | undefined {
  if (!(error instanceof AppError)) return undefined;
  const { message, upstream } = error;
  const code = upstream?.code?.toLowerCase() ?? '';
  if (!versionCodes.has(code) && !/no registered resource provider found/i.test(message)) return undefined;
  const listed = /supported (?:api-)?versions are '([^']*)'/i.exec(message)?.[1] ?? '';
  return {
    refused: /\bapi[- ]version '([^']*)'/i.exec(message)?.[1],
    served: listed.split(/[,\s]+/).filter((version) => /^\d{4}-\d{2}-\d{2}(?:-[a-z0-9.-]{1,40})?$/i.test(version)),
  };
}

/** The served version to use instead of one that is not served: the newest before it, else the oldest after it. */
export function nearestServed(version: string, served: readonly string[]): string | undefined {
  const others = served.filter((one) => one.toLowerCase() !== version.toLowerCase()).toSorted();
  const stable = others.filter((one) => /^\d{4}-\d{2}-\d{2}$/.test(one));
  const usable = stable.length > 0 ? stable : others;
  return usable.findLast((one) => one < version) ?? usable[0];
}
