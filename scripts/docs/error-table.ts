import { errorMeanings } from '../../src/core/base/error-answer.ts';
import { errorCodes } from '../../src/core/base/errors.ts';
import { table } from './generated-section.ts';

export function errorTable(): string {
  return table(
    ['code', 'meaning'],
    errorCodes.map((code) => [`\`${code}\``, errorMeanings[code]]),
  );
}
