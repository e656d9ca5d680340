/**
 * Whether to skip tests that need a missing program: never in CI, where everything must be installed. A line on stderr
 * says what was not tested.
 */
export function maySkip(program: string, howToInstall: string): boolean {
  if (process.env['CI'] === 'true') return false;
  process.stderr.write(`SKIPPED: the tests that need ${program}, which is not installed (${howToInstall}).\n`);
  return true;
}
