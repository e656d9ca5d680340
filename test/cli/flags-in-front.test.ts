import { expect, test } from 'vitest';
import { withFlagsBehind } from '../../src/cli/flags-in-front.ts';

const commands = ['stdio', 'call', 'connections', 'tools'];

test.each<[given: string, meant: string]>([
  ['--sandbox connections list', 'connections list --sandbox'],
  ['--home /x --read-only tools -o csv', 'tools -o csv --home /x --read-only'],
  ['--home=/x --sandbox tools', 'tools --home=/x --sandbox'],
  ['--toolsets connections tools', 'tools --toolsets connections'],
  ['--sandbox --users 50 call graph_query -', 'call graph_query - --sandbox --users 50'],
  ['--sandbox call graph_query -', 'call graph_query - --sandbox'],
  ['--sandbox call graph_query -- -x', 'call graph_query --sandbox -- -x'],
  ['connections list --sandbox', 'connections list --sandbox'],
  ['--sandbox', '--sandbox'],
  ['--toolsets tools', '--toolsets tools'],
  ['--sandbox nope', '--sandbox nope'],
  ['--nope connections list', '--nope connections list'],
  ['--home', '--home'],
  ['--help', '--help'],
  ['', ''],
])('%s is %s', (given, meant) => {
  expect(withFlagsBehind(given.split(' '), commands).join(' ')).toBe(meant);
});
