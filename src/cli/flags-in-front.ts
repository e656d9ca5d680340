import { commonFlagTypes } from './flags.ts';

/**
 * The command line with its common flags behind the command: `--sandbox connections list` is `connections list --sandbox`.
 * As it is where no command follows them.
 */
export function withFlagsBehind(argv: readonly string[], commands: readonly string[]): readonly string[] {
  let at = 0;
  while (at < argv.length) {
    const words = wordsOf(argv[at] ?? '');
    if (words === 0) break;
    at += words;
  }
  const [front, rest] = [argv.slice(0, at), argv.slice(at)];
  if (front.length === 0 || !commands.includes(rest[0] ?? '')) return argv;
  // What stands behind it is no flag, whatever it looks like.
  const end = rest.indexOf('--');
  return end < 0 ? [...rest, ...front] : [...rest.slice(0, end), ...front, ...rest.slice(end)];
}

/** How many words a common flag takes, with its value; none where it is no such flag. */
function wordsOf(word: string): number {
  const [, type] = Object.entries(commonFlagTypes).find(([name]) => word.split('=', 1)[0] === `--${name}`) ?? [];
  if (type === undefined) return 0;
  return type === 'string' && !word.includes('=') ? 2 : 1;
}
