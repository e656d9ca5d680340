import { AppError } from '../../base/errors.ts';

/** Codes of a refusal because of the api-version: of Resource Manager itself, and of providers. */
const versionCodes: ReadonlySet<string> = new Set(
  ['NoRegisteredProviderFound', 'InvalidApiVersionParameter', 'UnsupportedApiVersion', 'InvalidResourceType'].map(
    (code) => code.toLowerCase(),
  ),
);

/**
 * The api-versions that a refusal names as the ones that this cloud serves for the type, which may be none; undefined for
 * every other failure. Such a refusal says nothing about the resource.
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-invalid-apiversion
 */
export function servedVersions(error: unknown): readonly string[] | undefined {
  if (!(error instanceof AppError)) return undefined;
  const code = error.upstream?.code?.toLowerCase() ?? '';
  if (!versionCodes.has(code) && !/no registered resource provider found/i.test(error.message)) return undefined;
  const listed = /supported (?:api-)?versions are '([^']*)'/i.exec(error.message)?.[1] ?? '';
  return listed.split(/[,\s]+/).filter((version) => /^\d{4}-\d{2}-\d{2}(?:-[a-z0-9.-]{1,40})?$/i.test(version));
}

/** The served version to use instead of one that is not served: the newest before it, else the oldest after it. */
export function nearestServed(version: string, served: readonly string[]): string | undefined {
  const others = served.filter((one) => one.toLowerCase() !== version.toLowerCase()).toSorted();
  const stable = others.filter((one) => /^\d{4}-\d{2}-\d{2}$/.test(one));
  const usable = stable.length > 0 ? stable : others;
  return usable.findLast((one) => one < version) ?? usable[0];
}
