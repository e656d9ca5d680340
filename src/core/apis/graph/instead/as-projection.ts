import { type Condition, type Literal, propertiesIn } from './conditions.ts';

/**
 * Conditions that the service does not check, as JMESPath on the items of the list: texts are compared without case, as the
 * directory does. Undefined where JMESPath has no such condition (dates, members of lists).
 * https://jmespath.site
 */
export function asProjection(parts: readonly Condition[]): string | undefined {
  const written = parts.map(write);
  return written.length === 0 || written.includes(undefined) ? undefined : `value[?${written.join(' && ')}]`;
}

/** What a user answers with where no `$select` is, as far as it names the person. https://learn.microsoft.com/graph/api/user-list */
const usualOfUsers = ['id', 'displayName', 'userPrincipalName', 'mail'];

/**
 * `$select` with the properties that a projection looks at. Without one, users answer with few properties, and other objects
 * with most of theirs.
 */
export function selectWith(
  select: string | undefined,
  parts: readonly Condition[],
  isUsers: boolean,
): string | undefined {
  if (select === undefined && !isUsers) return undefined;
  const names = select?.split(',').map((name) => name.trim()) ?? usualOfUsers;
  const read = parts.flatMap(propertiesIn).map((property) => property.split('/')[0] ?? property);
  const isNew = (name: string) => !names.some((known) => known.toLowerCase() === name.toLowerCase());
  return [...new Set([...names, ...read.filter(isNew)])].join(',');
}

function write(condition: Condition): string | undefined {
  switch (condition.kind) {
    case 'all':
    case 'any': {
      const parts = condition.parts.map(write);
      return parts.includes(undefined) ? undefined : `(${parts.join(condition.kind === 'all' ? ' && ' : ' || ')})`;
    }
    case 'not': {
      const part = write(condition.part);
      return part === undefined ? undefined : `!(${part})`;
    }
    case 'other':
      return undefined;
    case 'test':
      return condition.isBare ? undefined : writeTest(condition);
  }
}

function writeTest({ property, operator, values }: Condition & { readonly kind: 'test' }): string | undefined {
  const path = property.replaceAll('/', '.');
  const [value] = values;
  if (value === undefined) return undefined;
  switch (operator) {
    case 'eq':
      return writeEqual(path, value);
    case 'ne':
      return `!(${writeEqual(path, value)})`;
    case 'in':
      return `(${values.map((one) => writeEqual(path, one)).join(' || ')})`;
    case 'contains':
    case 'startswith':
    case 'endswith':
      return typeof value === 'string' ? writeText(path, operator, value) : undefined;
    default:
      return typeof value === 'number' ? `${path} ${comparisons[operator]} \`${value}\`` : undefined;
  }
}

const comparisons: Readonly<Record<string, string>> = { gt: '>', ge: '>=', lt: '<', le: '<=' };

const textFunctions = { contains: 'contains', startswith: 'starts_with', endswith: 'ends_with' } as const;

function writeEqual(path: string, value: Literal): string {
  if (typeof value !== 'string') return `${path} == \`${value}\``;
  return `(${path} && lower(${path}) == ${textLiteral(value)})`;
}

function writeText(path: string, operator: keyof typeof textFunctions, value: string): string {
  return `(${path} && ${textFunctions[operator]}(lower(${path}), ${textLiteral(value)}))`;
}

/** A text as JSON inside backticks, where a backtick has to be escaped. https://jmespath.site/main/#spec-literals */
function textLiteral(value: string): string {
  return `\`${JSON.stringify(value.toLowerCase()).replaceAll('`', '\\u0060')}\``;
}
