import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { styleText } from 'node:util';
import { type Figure, type Goal, isGoalMet, resultOf } from './figures.ts';

export interface BenchReport {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Why the bench gave no figures. */
  readonly failure?: string;
}

/** The machine that the figures belong to: enough to read ratios by, nothing that names it. */
export function describeMachine(): Record<string, unknown> {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    loadBefore: loadavg().map((load) => Math.round(load * 100) / 100),
  };
}

export function formatReport({ title, figures, failure }: BenchReport): string {
  const lines = [styleText('bold', title)];
  if (failure !== undefined) lines.push(styleText('red', `  ${failure}`));
  const cells = figures.map(formatFigure);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const [index, row] of cells.entries()) {
    const text = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    const figure = figures[index];
    const isMet = figure && isGoalMet(figure);
    const mark = isMet === undefined ? '' : isMet ? styleText('green', '  ok') : styleText('yellow', '  missed');
    lines.push(`  ${text.join('  ')}${mark}`);
  }
  return lines.join('\n');
}

function formatFigure(figure: Figure): readonly string[] {
  const { what, measured, unit, beside, compare, goal } = figure;
  const besideText = beside ? `${beside.name} ${formatNumber(beside.value)} ${unit}` : '';
  const result = resultOf(figure);
  const sign = compare === 'difference' && result >= 0 ? '+' : '';
  const resultText = compare === 'value' ? '' : `${sign}${formatNumber(result)} ${compare === 'ratio' ? 'x' : unit}`;
  return [what, `${formatNumber(measured)} ${unit}`, besideText, resultText, formatGoal(goal)];
}

function formatGoal(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  return goal.atMost === undefined ? `goal >= ${goal.atLeast}` : `goal <= ${goal.atMost}`;
}

/** Three significant digits are all that such measurements carry. */
function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return 'n/a';
  return Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString('en') : String(roundTo3(value));
}

function roundTo3(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : value;
}

/** Replaces the committed example figures. */
export function writeResults(file: URL, machine: Record<string, unknown>, reports: readonly BenchReport[]): void {
  const benches = reports.map(({ name, title, figures }) => ({ name, title, figures: figures.map(toJson) }));
  const results = { date: new Date().toISOString().slice(0, 10), machine, version: packageVersion(), benches };
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

function toJson(figure: Figure): Record<string, unknown> {
  const { what, unit, measured, beside, compare, goal } = figure;
  return {
    what,
    unit,
    measured: exact(measured),
    ...(beside && { beside: { name: beside.name, value: exact(beside.value) } }),
    ...(compare !== 'value' && { [compare]: roundTo3(resultOf(figure)) }),
    ...(goal && { goal, met: isGoalMet(figure) }),
  };
}

/** Whole numbers are counts and stay exact. */
function exact(value: number): number {
  return Number.isInteger(value) ? value : roundTo3(value);
}

function packageVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
