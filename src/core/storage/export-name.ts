import { invalidArgument } from '../base/errors.ts';

export const exportFormats = ['csv', 'ndjson', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The name of a file to save, checked. */
export interface ExportName {
  /** Without the ending. */
  readonly stem: string;
  readonly format: ExportFormat;
}

/** Every file system takes names of this length, with a number added. */
const mostCharacters = 100;

/**
 * Letters, digits and a few marks of ASCII: what looks like another character, cannot be seen, or means something to a
 * shell, a file system or a spreadsheet is not among them.
 */
const plain = /^[A-Za-z0-9_](?:[A-Za-z0-9_ .()+,-]*[A-Za-z0-9_)])?$/;

/** Windows opens these as devices, whatever follows after a dot. https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const device = /^(?:con|prn|aux|nul|com\d|lpt\d)\s*(?:\.|$)/i;

/** Reads a file name, or throws `invalid_argument` that says what is wrong with it. */
export function parseExportName(text: string): ExportName {
  const ending = /\.(csv|ndjson|json)$/i.exec(text)?.[1]?.toLowerCase();
  const format = exportFormats.find((one) => one === ending);
  if (format === undefined) throw wrong('it does not end in .csv, .ndjson or .json');
  const stem = text.slice(0, -format.length - 1);
  if (text.length > mostCharacters) throw wrong(`it has more than ${mostCharacters} characters`);
  if (/[/\\:]/.test(stem)) throw wrong('it is a path, and only the name of a file is possible');
  if (stem.includes('..') || !plain.test(stem)) throw wrong('it has characters that are not possible here');
  if (device.test(stem)) throw wrong('it is the name of a device on Windows');
  return { stem, format };
}

function wrong(what: string): Error {
  return invalidArgument(
    `save_as: ${what}.`,
    'Use a plain name such as users.csv, of letters, digits, - and _. It is saved in the exports folder of the Tenantry home.',
  );
}
