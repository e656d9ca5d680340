#!/usr/bin/env node
// The only file that ends the process. A server on stdio starts without loading the command-line library.

// A message may quote a secret, so a crash shows only the kind of failure and where it happened.
process.on('uncaughtException', (error) => {
  const frames = error instanceof Error ? error.stack?.split('\n').filter((line) => /^ {4}at /.test(line)) : undefined;
  const kind = error instanceof Error ? error.name : 'unknown';
  process.stderr.write(`fatal: an unexpected failure (${kind}).\n${frames?.join('\n') ?? ''}\n`);
  process.exit(1);
});

// Checked before anything is imported: an older Node fails in the first module that it cannot run, with an unhelpful message.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(
    `error: Tenantry needs Node 22.13 or later; this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exit(2);
}

const { watchOutput } = await import('./cli/watch-output.ts');
const { endOnInterrupt } = await import('./cli/end-on-interrupt.ts');
const { parseStdioFlags } = await import('./cli/flags.ts');
const output = watchOutput(process);
endOnInterrupt(process);
const argv = process.argv.slice(2);
const stdioFlags = parseStdioFlags(argv);
const code = stdioFlags
  ? await (await import('./cli/commands/stdio.ts')).runStdio(stdioFlags)
  : await (await import('./cli/program.ts')).runProgram(argv);
// Output to a pipe may not have been flushed yet.
await new Promise<void>((resolve) => {
  process.stdout.write('', () => resolve());
});
process.exit(output.codeAfter(code));
