import { type AppError, invalidArgument } from '../core/base/errors.ts';

/** Limits on arguments that hold before any schema looks at them, so that no schema can be made to work hard. */
const inputBounds = { stringLength: 100_000, depth: 32, values: 100_000 } as const;

/** What is wrong with the size of the arguments, or undefined. */
export function findOversize(input: unknown): AppError | undefined {
  const counter = { values: 0 };
  return findIn(input, '', 0, counter);
}

function findIn(value: unknown, path: string, depth: number, counter: { values: number }): AppError | undefined {
  counter.values += 1;
  if (counter.values > inputBounds.values) {
    return invalidArgument(
      `The arguments hold more than ${inputBounds.values} values.`,
      'Split the work into several calls.',
    );
  }
  if (typeof value === 'string') return value.length < inputBounds.stringLength ? undefined : tooLong(path, value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= inputBounds.depth) {
    return invalidArgument(
      `${path || 'arguments'}: nested more than ${inputBounds.depth} levels deep.`,
      `Pass JSON of at most ${inputBounds.depth} levels.`,
    );
  }
  for (const [key, child] of Object.entries(value)) {
    if (key.length > 1_000) return tooLong(path, key);
    if (key === '__proto__') return prototypeKey(path);
    const found = findIn(child, joinPath(path, key, Array.isArray(value)), depth + 1, counter);
    if (found) return found;
  }
  return undefined;
}

/** Some copies of an object take it for its prototype: it would get lost, or do worse. */
function prototypeKey(path: string): AppError {
  return invalidArgument(`${path || 'arguments'}: __proto__ is no name for a field.`, 'Leave it out.');
}

function tooLong(path: string, text: string): AppError {
  return invalidArgument(
    `${path || 'arguments'}: a text of ${text.length} characters.`,
    `Pass texts shorter than ${inputBounds.stringLength} characters and keys of at most 1000.`,
  );
}

/** `requests[2].body.name`; keys that are no plain names are quoted and cut. */
export function joinPath(path: string, key: string, inArray: boolean): string {
  if (inArray) return `${path}[${key}]`;
  const name = /^[A-Za-z_$@][\w$@.-]{0,80}$/.test(key) ? key : JSON.stringify(key.slice(0, 40));
  return path === '' ? name : `${path}.${name}`;
}
