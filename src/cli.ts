#!/usr/bin/env node
import { parseStdioFlags } from './cli/flags.ts';

// The only file that ends the process. A server for a host starts without loading the command-line library.

const argv = process.argv.slice(2);
const stdioFlags = parseStdioFlags(argv);
const code = stdioFlags
  ? await (await import('./cli/commands/stdio.ts')).runStdio(stdioFlags)
  : await (await import('./cli/program.ts')).runProgram(argv);
// What was written to a pipe may still be on its way.
await new Promise<void>((resolve) => {
  process.stdout.write('', () => resolve());
});
process.exit(code);
