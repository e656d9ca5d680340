import type { ErrorChanges } from '../../../base/errors.ts';
import { nearest } from '../../../base/nearest.ts';
import { quoted } from '../../../base/plain-text.ts';
import type { RequestInstead } from '../../../base/request-instead.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { DescribedRequest } from '../../../http/api-descriptor.ts';
import type { GraphCatalog } from '../catalog/load-catalog.ts';
import type { TypeTable } from '../catalog/type-table.ts';
import { walkPath } from '../catalog/walk-path.ts';
import { barePath, readInstead } from '../instead/read-instead.ts';

/** Names that a path may have wrong at once. */
const mostCorrections = 3;

/**
 * A segment that the service does not know: what it may have been meant for, or the version that has it. Undefined where the
 * model has the path.
 */
export function explainSegment(catalog: GraphCatalog, request: DescribedRequest): ErrorChanges | undefined {
  const path = barePath(request);
  const walked = walkPath(catalog.types, path);
  const operations = catalog.operations.at(path);
  if (operations.length > 0 && operations.every(({ isBetaOnly }) => isBetaOnly)) return inBeta(request);
  if (walked.isKnown) return undefined;
  const { segment, reached, candidates } = walked;
  const where = reached === '' ? 'Microsoft Graph has no' : `${reached} has no`;
  const meant = nearest(segment, candidates);
  if (meant === undefined) {
    return { hint: `${where} ${quoted(segment, 100)}: describe_graph with path or search finds what there is.` };
  }
  const better = correctedPath(catalog.types, path);
  return withoutUndefined({
    hint: `${where} ${quoted(segment, 100)}. Did you mean \`${meant}\`?`,
    instead: better === undefined ? undefined : readInstead(request, { path: better }),
  });
}

function inBeta(request: DescribedRequest): ErrorChanges {
  const same = request.apiVersion === 'beta' ? undefined : readInstead(request, {});
  return withoutUndefined({
    hint: 'This exists in the beta version only: pass api_version: beta.',
    instead: same && { ...same, apiVersion: 'beta' },
  });
}

/** The path with the nearest name in place of each unknown one; undefined where one of them has none. */
function correctedPath(types: TypeTable, path: string): string | undefined {
  let corrected = path;
  for (let count = 0; count <= mostCorrections; count++) {
    const walked = walkPath(types, corrected);
    if (walked.isKnown) return corrected;
    const meant = nearest(walked.segment, walked.candidates);
    const at = meant === undefined ? -1 : placeOf(corrected, walked.segment);
    if (meant === undefined || at < 0) return undefined;
    corrected = `${corrected.slice(0, at)}${meant}${corrected.slice(at + walked.segment.length)}`;
  }
  return undefined;
}

/** Where the last segment of this name begins; -1 where it is written in another way, such as escaped. */
function placeOf(path: string, segment: string): number {
  const ends = (at: number) => [undefined, '/', '('].includes(path[at + segment.length + 1]);
  for (let at = path.lastIndexOf(`/${segment}`); at >= 0; at = path.lastIndexOf(`/${segment}`, at - 1)) {
    if (ends(at)) return at + 1;
    if (at === 0) break;
  }
  return -1;
}

/** A property that the service does not know, by its type in the words of the service or by that of the path. */
export function explainProperty(
  { types }: GraphCatalog,
  request: DescribedRequest,
  unknown: { readonly property: string; readonly type: string | undefined },
): ErrorChanges | undefined {
  const { property } = unknown;
  const type = types.find(unknown.type ?? typeAt(types, request) ?? '');
  if (type === undefined || type.isNamedOnly) return undefined;
  const members = [...types.properties(type.name), ...types.navigation(type.name)].map(({ name }) => name);
  const meant = nearest(property, members);
  const where = `The type ${type.name} has no ${quoted(property, 100)}`;
  if (meant === undefined) return { hint: `${where}: describe_graph with type: ${type.name} lists what it has.` };
  return withoutUndefined({ hint: `${where}. Did you mean \`${meant}\`?`, instead: renamed(request, property, meant) });
}

function typeAt(types: TypeTable, request: DescribedRequest): string | undefined {
  const walked = walkPath(types, barePath(request));
  return walked.isKnown ? walked.type : undefined;
}

/** The same read with the other name in its options. */
function renamed(request: DescribedRequest, from: string, to: string): RequestInstead | undefined {
  if (!/^\w{1,100}$/.test(from)) return undefined;
  const name = new RegExp(`(?<![\\w.])${from}(?!\\w)`, 'gi');
  const entries = Object.entries(request.query).map(([option, value]) => {
    if (!/^\$(?:select|expand|orderby|filter|search)$/i.test(option)) return [option, value] as const;
    // Texts in quotes are values, but in `$search` they hold the names.
    const parts = /^\$search$/i.test(option) ? [value] : (value.match(/'(?:[^']|'')*'|[^']+/g) ?? [value]);
    return [option, parts.map((part) => (part.startsWith("'") ? part : part.replace(name, to))).join('')] as const;
  });
  const isChanged = entries.some(([option, value]) => value !== request.query[option]);
  return isChanged ? readInstead(request, { options: Object.fromEntries(entries) }) : undefined;
}

/** The methods that an address takes, for a call with another one. */
export function explainMethod(catalog: GraphCatalog, request: DescribedRequest): ErrorChanges | undefined {
  const operations = catalog.operations.at(barePath(request));
  const methods = [...new Set(operations.map(({ method }) => method))];
  if (methods.length === 0 || methods.includes(request.method as (typeof methods)[number])) return undefined;
  return { hint: `This address takes ${methods.join(', ')}: use ${methods.length === 1 ? 'that' : 'one of them'}.` };
}
