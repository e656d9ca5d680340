import { invalidArgument } from '../base/errors.ts';

/** What one projection may do before it has seen any data. */
const startingUnits = 2_000_000;
/** What it may do besides for every item, and for data that is no list. Far more than reading every property twice. */
const unitsPerItem = 1_000;
const unitsPerCall = 20_000;
/** Long texts and lists cost memory even where they are made in one step. */
const charactersPerUnit = 16;
const elementsPerUnit = 4;

/**
 * Bounds the work of an expression that a caller wrote. A hundred characters of JMESPath can ask for more values than
 * any machine can hold, and nothing else can run meanwhile; what a projection may do therefore grows with its data only.
 */
export class WorkMeter {
  #left = startingUnits;

  /** Data of this many items is about to be looked at; a single object counts as none. */
  grant(items: number): void {
    this.#left += unitsPerCall + items * unitsPerItem;
  }

  /** One step of the evaluation gave this value. */
  step(value: unknown): void {
    this.#spend(1 + sizeOf(value));
  }

  /** Every value that an answer shows, also those that it shows more than once. */
  answer(value: unknown): void {
    this.step(value);
    if (typeof value !== 'object' || value === null) return;
    for (const child of Array.isArray(value) ? value : Object.values(value)) this.answer(child);
  }

  #spend(units: number): void {
    this.#left -= units;
    if (this.#left >= 0) return;
    throw invalidArgument(
      'project: this expression makes far more out of the data than there is in it, and was stopped.',
      'Take out what repeats the whole list for each item, or values that contain each other; or pass a smaller limit.',
    );
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length / charactersPerUnit;
  return Array.isArray(value) ? value.length / elementsPerUnit : 0;
}
