/** What a figure must hold to meet its goal (design goals of docs/architecture.md; never a reason to fail). */
export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** How a figure relates to what stands beside it: `value` has nothing beside it. */
export type Comparison = 'ratio' | 'difference' | 'value';

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly unit: 'ms' | 's' | 'MiB' | 'MB' | 'kB' | 'calls/s' | 'ms CPU' | 'tokens' | 'requests';
  readonly measured: number;
  /** What the measured value stands beside, taken in the same run. */
  readonly beside?: { readonly name: string; readonly value: number };
  readonly compare: Comparison;
  readonly goal?: Goal;
}

/** The number that the goal is about. */
export function resultOf(figure: Figure): number {
  if (figure.beside === undefined || figure.compare === 'value') return figure.measured;
  return figure.compare === 'ratio' ? figure.measured / figure.beside.value : figure.measured - figure.beside.value;
}

/** Whether the goal is met; undefined where there is none. */
export function isGoalMet(figure: Figure): boolean | undefined {
  if (figure.goal === undefined) return undefined;
  const result = resultOf(figure);
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = figure.goal;
  return result <= atMost && result >= atLeast;
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Value below which the share `q` (0 to 1) of the values lies, interpolated. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}
