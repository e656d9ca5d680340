import type { TreeInterpreter } from '@jmespath-community/jmespath';
import { AppError, invalidArgument } from '../base/errors.ts';
import { isRecord } from '../base/guards.ts';
import { membersRead } from './members-read.ts';
import { compareByOrder, isOrder, mendNegations } from './mend-expression.ts';

/** A compiled JMESPath expression on `{ value: [...] }`. */
export interface Projection {
  /**
   * True when applying it to each page and joining the results gives the same as applying it to the whole list, as for
   * `value[].id` or `value[?accountEnabled].{id: id}`. Then memory stays flat however long the list is.
   */
  readonly perPage: boolean;
  apply(items: readonly unknown[]): unknown;
  /** The same expression on data of any shape: a single object, the body of a batch item. */
  applyTo(data: unknown): unknown;
  /** Members that the expression reads of each item, and that none of those it was applied to has. */
  unseen(): readonly string[];
}

/** Compiles an expression, or throws `invalid_argument` that says where it is wrong. */
export async function compileProjection(expression: string): Promise<Projection> {
  const { compile, TreeInterpreter } = await import('@jmespath-community/jmespath');
  const tree = attempt(expression, () => mendNegations(compile(expression)));
  const meter = new WorkMeter();
  // An interpreter of our own: all users of the library share its one. `construct` makes what it is told to.
  const interpreter = metered(Reflect.construct(TreeInterpreter.constructor, []) as Interpreter, meter);
  const applyTo = (data: unknown, items: number): unknown =>
    attempt(expression, () => {
      meter.grant(items);
      // The data was parsed from JSON, so it is a JSON value.
      const answer = interpreter.search(tree, data as never);
      meter.answer(answer);
      return answer;
    });
  const unseen = new Set(membersRead(tree));
  return {
    perPage: isStream(tree),
    apply(items) {
      for (const item of unseen.size === 0 ? [] : items) {
        for (const name of unseen) if (isRecord(item) && Object.hasOwn(item, name)) unseen.delete(name);
      }
      return applyTo({ value: items }, items.length);
    },
    applyTo: (data) => applyTo(data, 0),
    unseen: () => [...unseen],
  };
}

type Interpreter = typeof TreeInterpreter;

/** The same interpreter, with every step counted, also those below `let` expressions, which get one of their own. */
function metered(interpreter: Interpreter, meter: WorkMeter): Interpreter {
  const visit: Interpreter['visit'] = interpreter.visit.bind(interpreter);
  const withScope: Interpreter['withScope'] = interpreter.withScope.bind(interpreter);
  interpreter.visit = (node, value) => {
    const result =
      node.type === 'Comparator' && isOrder(node.name)
        ? compareByOrder(node.name, interpreter.visit(node.left, value), interpreter.visit(node.right, value))
        : visit(node, value);
    meter.step(result);
    return result;
  };
  interpreter.withScope = (scope) => metered(withScope(scope), meter);
  return interpreter;
}

function attempt<T>(expression: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = reasonOf(error);
    throw invalidArgument(
      `project: the JMESPath expression ${JSON.stringify(expression.slice(0, 200))} fails: ${reason}.`,
      /\bnull\b/.test(reason)
        ? "A member is null or missing in some items: test it first, as in value[?mail && contains(mail, 'x')] or sort_by(value[?mail], &mail)."
        : 'Use a form such as value[].{id:id,name:displayName}, value[?mail].userPrincipalName or length(value).',
    );
  }
}

function reasonOf(error: unknown): string {
  // Of the stack, or of a text that would be too long.
  if (error instanceof RangeError) return 'it is nested too deeply, or its answer is too long';
  // The library's messages name the token and the position, and hold nothing but the caller's own expression.
  const [message = ''] = error instanceof Error ? error.message.split('\n') : [];
  return message.replace(/\.+$/, '') || 'it cannot be read';
}

/** Whether a syntax tree is a chain of projections that begins at the list itself. */
function isStream(node: unknown): boolean {
  if (!isRecord(node)) return false;
  switch (node['type']) {
    case 'Field':
      return node['name'] === 'value';
    case 'Flatten':
      return isStream(node['child']);
    case 'Projection':
      return isStream(node['left']) && !mentionsRoot(node['right']);
    case 'FilterProjection':
      return isStream(node['left']) && !mentionsRoot(node['right']) && !mentionsRoot(node['condition']);
    default:
      return false;
  }
}

/** `$` is the whole document, which a single page is not. */
function mentionsRoot(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(mentionsRoot);
  if (!isRecord(node)) return false;
  return node['type'] === 'Root' || Object.values(node).some(mentionsRoot);
}

/** What one projection may do before it has seen any data. */
const startingUnits = 2_000_000;
/** What it may do in addition for every item, and per call. Far more than reading every property twice. */
const unitsPerItem = 1_000;
const unitsPerCall = 20_000;
/** Long texts and lists cost memory even where they are made in one step. */
const charactersPerUnit = 16;
const elementsPerUnit = 4;

/**
 * Limits the work of an expression that a caller wrote. A hundred characters of JMESPath can ask for more values than
 * any machine can hold, and nothing else can run meanwhile; so the limit grows only with the data.
 */
class WorkMeter {
  #left = startingUnits;

  /** Data of this many items is about to be read; a single object counts as none. */
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
