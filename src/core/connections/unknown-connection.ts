import { AppError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';

/** The answer to a name that no connection has: lists the valid ones and the one that was probably meant. */
export function unknownConnection(name: string, validNames: readonly string[]): AppError {
  const shown = name.replace(/[^\x21-\x7e]/g, '').slice(0, 63);
  const meant = nearest(name, validNames);
  return new AppError('not_found', `There is no connection named ${shown}.`, {
    hint: hintFor(validNames, meant),
    detail: { valid_names: validNames, ...(meant === undefined ? {} : { nearest: meant }) },
  });
}

function hintFor(validNames: readonly string[], meant: string | undefined): string {
  if (validNames.length === 0) return 'There are no connections yet: make one with create_connection.';
  const listed = validNames.slice(0, 50).join(', ');
  const more = validNames.length > 50 ? ` and ${validNames.length - 50} more` : '';
  return `${meant === undefined ? '' : `Did you mean ${meant}? `}Valid names: ${listed}${more}.`;
}
