import { expect, test } from 'vitest';
import { parseExportName } from '../../../src/core/storage/export-name.ts';

test.each([
  ['users.csv', { stem: 'users', format: 'csv' }],
  ['users.ndjson', { stem: 'users', format: 'ndjson' }],
  ['Guests 2026-11 (all).json', { stem: 'Guests 2026-11 (all)', format: 'json' }],
  ['a.b_c.CSV', { stem: 'a.b_c', format: 'csv' }],
  ['console.csv', { stem: 'console', format: 'csv' }],
  ['x.csv', { stem: 'x', format: 'csv' }],
])('%s is a name', (text, name) => {
  expect(parseExportName(text)).toEqual(name);
});

test.each([
  ['a folder above', '../users.csv'],
  ['a folder above, on Windows', '..\\users.csv'],
  ['two dots', 'us..ers.csv'],
  ['a folder', 'reports/users.csv'],
  ['a folder on Windows', 'reports\\users.csv'],
  ['an absolute path', '/etc/cron.d/users.csv'],
  ['a drive', 'C:users.csv'],
  ['a stream of another file', 'users.csv:x.csv'],
  ['a share', '\\\\server\\share.csv'],
  ['a device', 'CON.csv'],
  ['a device in small letters', 'nul.ndjson'],
  ['a numbered device', 'Com1.csv'],
  ['a device with a second ending', 'lpt9.old.csv'],
  ['a device before a space', 'aux .x.csv'],
  ['a dot in front', '.users.csv'],
  ['a dot at the end', 'users..csv'],
  ['a space in front', ' users.csv'],
  ['a space at the end', 'users .csv'],
  ['a space behind the ending', 'users.csv '],
  ['a dot behind the ending', 'users.csv.'],
  ['only an ending', '.csv'],
  ['an option', '-rf.csv'],
  ['a formula', '=1+1.csv'],
  ['no ending', 'users'],
  ['another ending', 'users.xlsx'],
  ['a program', 'users.csv.exe'],
  ['a script', 'users.csv.js'],
  ['a NUL', 'users\0.csv'],
  ['a line break', 'users\n.csv'],
  ['a line break at the end', 'users.csv\n'],
  ['what turns text', 'users\u202e.csv'],
  ['what cannot be seen', 'users\u200b.csv'],
  ['a letter that looks like another', 'us\u0435rs.csv'],
  ['a slash that looks like one', 'a\u2215b.csv'],
  ['a wide dot', '\uff0e\uff0e.csv'],
  ['a variable', '$HOME.csv'],
  ['a wildcard', '*.csv'],
  ['a percent sign', '%2e%2e%2fusers.csv'],
  ['a tilde', '~.csv'],
  ['a quote', "users'.csv"],
  ['too long', `${'a'.repeat(100)}.csv`],
  ['nothing', ''],
])('%s is no name', (_, text) => {
  expect(() => parseExportName(text)).toThrow(
    expect.objectContaining({ code: 'invalid_argument', message: expect.stringMatching(/^save_as: it /) }),
  );
});
