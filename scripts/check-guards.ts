import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

// One style of `if`: a single statement without `else` stands on the line of its condition, without braces, where that
// line fits; everything else has braces. The formatter accepts both; `--write` corrects
// what has no `else`.

const widest = 120;
const guard = /^(?<indent>\s*)if \((?<condition>.*)\) \{$/;
const statement = /^\s+(?!\/\/|if \(|for \(|while \(|const |let )(?<text>\S.*;)$/;

interface Finding {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** The file in that style, and where it differs. */
function tidyGuards(source: string): { readonly tidy: string; readonly findings: readonly Finding[] } {
  const lines = source.split('\n');
  const tidy: string[] = [];
  const findings: Finding[] = [];
  let isInTemplate = false;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    // Lines of a template literal are text, whatever they look like.
    const isText = isInTemplate;
    if ((line.match(/(?<!\\)`/g) ?? []).length % 2 === 1) isInTemplate = !isInTemplate;
    if (isText) {
      tidy.push(line);
      continue;
    }
    if (/^\s*(?:\} )?else (?!\{|if )/.test(line) || /^\s*(?:\} )?else if \(.*\) [^{&|?].*;$/.test(line)) {
      findings.push({ line: at + 1, text: 'an else has braces, and so has its if' });
    }
    const joined = joinGuard(line, lines[at + 1] ?? '', lines[at + 2] ?? '');
    if (joined !== undefined) {
      findings.push({ line: at + 1, text: 'the guard fits on one line without braces' });
      tidy.push(joined);
      at += 2;
      continue;
    }
    const indent = /^(\s*)if \(.*\)$/.exec(line)?.[1];
    if (indent === undefined) {
      tidy.push(line);
      continue;
    }
    findings.push({ line: at + 1, text: 'a statement on a line of its own needs braces' });
    const end = lines.findIndex((one, index) => index > at && !one.startsWith(`${indent} `));
    tidy.push(`${line} {`, ...lines.slice(at + 1, end), `${indent}}`);
    at = end - 1;
  }
  return { tidy: tidy.join('\n'), findings };
}

function joinGuard(first: string, second: string, third: string): string | undefined {
  const { indent, condition } = guard.exec(first)?.groups ?? {};
  const body = statement.exec(second)?.groups?.['text'];
  if (indent === undefined || body === undefined || third !== `${indent}}`) return undefined;
  const joined = `${indent}if (${condition}) ${body}`;
  return joined.length <= widest ? joined : undefined;
}

const write = process.argv.includes('--write');
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'src', 'test', 'bench', 'scripts'], {
  encoding: 'utf8',
});
for (const file of files.split('\n').filter((name) => name.endsWith('.ts') && !name.includes('.generated.'))) {
  const source = readFileSync(file, 'utf8');
  const { tidy, findings } = tidyGuards(source);
  if (write && tidy !== source) writeFileSync(file, tidy);
  for (const { line, text } of write ? [] : findings) {
    console.error(`${file}:${line}: ${text}`);
    process.exitCode = 1;
  }
}
