import { parameterNames, splitPath } from '../catalog/split-path.ts';

/** Longest path that an answer repeats as it was asked, in bytes. */
const mostRepeated = 300;

/** The path with placeholders for keys and values where they would fill the answer; its query stays. */
export function withoutLongValues(asked: string): string {
  const [bare = '', ...query] = asked.split('?');
  if (Buffer.byteLength(bare) <= mostRepeated) return asked;
  const segments = splitPath(bare).map(({ name, args }) => {
    const shown = Buffer.byteLength(name) <= 80 ? name : '{id}';
    if (args === undefined) return shown;
    const names = parameterNames(args);
    return `${shown}(${names.length === 0 ? '{id}' : names.map((one) => `${one}={value}`).join(',')})`;
  });
  return [`/${segments.join('/')}`, ...query].join('?');
}
