import { list, object, type Shape } from '../shape.ts';

/**
 * A list of Resource Manager. The last page has no link, `null`, or an empty text.
 * https://learn.microsoft.com/rest/api/azure
 */
export const armPage = (item: Shape, more: Readonly<Record<string, Shape>> = {}) =>
  object({ value: list(item), 'nextLink?': 'url|null|=', ...more });
