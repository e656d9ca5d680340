import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// A hint is the next step in our own words: what a service said is data, and may change or mislead.

const pointsAtService =
  /\b(?:as|what|that) the (?:message|answer|error|details?|service)\b[^'`]{0,20}\b(?:says?|names?|tells?)\b|upstream\.(?:detail|message|code) (?:says|names)|see (?:the )?(?:message|upstream)/i;

/** Texts in quotes, without those of comments. */
function textsIn(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return Array.from(
    code.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g),
    ([, quoted, template]) => quoted ?? template ?? '',
  );
}

/** What a code means, and what an answer of `describe` holds, is told about the answer itself. */
const aboutAnswers = new Set(['src/core/base/error-answer.ts']);

test('no text of ours sends its reader to the words of a service', () => {
  const files = globSync('src/{core,tools,server,resources,runtime,cli}/**/*.ts').filter(
    (file) => !aboutAnswers.has(file),
  );
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((file) =>
    textsIn(readFileSync(file, 'utf8'))
      .filter((text) => pointsAtService.test(text))
      .map((text) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});
