import type { TreeInterpreter } from '@jmespath-community/jmespath';
import { AppError, invalidArgument } from '../base/errors.ts';
import { isRecord } from '../base/guards.ts';
import { compareByOrder, isOrder, rewriteExpression } from './rewrite-expression.ts';

/** A compiled JMESPath expression whose work is bounded. */
export interface Expression {
  /** Its syntax tree. */
  readonly tree: unknown;
  /** Applies it to data that was parsed from JSON; `items` is the length of the list in it, and lets it work more. */
  applyTo(data: unknown, items: number): unknown;
}

/** An argument that holds an expression. */
export interface ExpressionArgument {
  /** Its name, for errors. */
  readonly argument: string;
  /** A sentence with forms that work, for expressions that do not. */
  readonly forms: string;
  /** The same for expressions that fail at a member that is null. */
  readonly formsWithNull: string;
}

/** Compiles an expression, or throws `invalid_argument` that says where it is wrong. */
export async function compileExpression(expression: string, about: ExpressionArgument): Promise<Expression> {
  const { compile, isRegistered, TreeInterpreter } = await import('@jmespath-community/jmespath');
  const tree = attempt(expression, about, () => {
    const read = compile(expression);
    const unknown = functionsIn(read).find((name) => !isRegistered(name));
    if (unknown !== undefined) throw new Error(`Unknown function: ${unknown}()`);
    return rewriteExpression(read);
  });
  const meter = new WorkMeter(about);
  // An interpreter of our own: all users of the library share its one. `construct` makes what it is told to.
  const interpreter = metered(Reflect.construct(TreeInterpreter.constructor, []) as Interpreter, meter);
  return {
    tree,
    applyTo: (data, items) =>
      attempt(expression, about, () => {
        meter.grant(items);
        // The data was parsed from JSON, so it is a JSON value.
        const answer = interpreter.search(tree, data as never);
        meter.answer(answer);
        return answer;
      }),
  };
}

type Interpreter = typeof TreeInterpreter;

/** The same interpreter, with every step counted, also those below `let` expressions, which get one of their own. */
function metered(interpreter: Interpreter, meter: WorkMeter): Interpreter {
  const visit: Interpreter['visit'] = interpreter.visit.bind(interpreter);
  const withScope: Interpreter['withScope'] = interpreter.withScope.bind(interpreter);
  const visitNode: Interpreter['visit'] = (node, value) => {
    // The library would also find what every object of the language has, such as `constructor`.
    if (node.type === 'Field' && isRecord(value) && !Object.hasOwn(value, node.name)) return null;
    return node.type === 'Comparator' && isOrder(node.name)
      ? compareByOrder(node.name, interpreter.visit(node.left, value), interpreter.visit(node.right, value))
      : visit(node, value);
  };
  interpreter.visit = (node, value) => {
    const result = visitNode(node, value);
    meter.step(result);
    return result;
  };
  interpreter.withScope = (scope) => metered(withScope(scope), meter);
  return interpreter;
}

function attempt<T>(expression: string, about: ExpressionArgument, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = reasonOf(error);
    throw invalidArgument(
      `${about.argument}: the JMESPath expression ${JSON.stringify(expression.slice(0, 200))} fails: ${reason}.`,
      hintFor(reason, about),
    );
  }
}

function hintFor(reason: string, { forms, formsWithNull }: ExpressionArgument): string {
  if (/token \(Number\)/.test(reason)) return 'A number stands in backticks, as in length(members) > `2`.';
  return /\bnull\b/.test(reason) ? formsWithNull : forms;
}

/** The names of the functions that a syntax tree calls. */
function functionsIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(functionsIn);
  if (!isRecord(node)) return [];
  const inside = Object.values(node).flatMap(functionsIn);
  return node['type'] === 'Function' && typeof node['name'] === 'string' ? [node['name'], ...inside] : inside;
}

function reasonOf(error: unknown): string {
  // Of the stack, or of a text that would be too long.
  if (error instanceof RangeError) return 'it is nested too deeply, or its answer is too long';
  // The library's messages name the token and the position, and hold nothing but the caller's own expression.
  const [message = ''] = error instanceof Error ? error.message.split('\n') : [];
  return message.replace(/\.+$/, '') || 'it cannot be read';
}

/** What one expression may do before it has seen any data. */
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
  readonly #about: ExpressionArgument;
  #left = startingUnits;

  constructor(about: ExpressionArgument) {
    this.#about = about;
  }

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
      `${this.#about.argument}: this expression makes far more out of the data than there is in it, and was stopped.`,
      'Take out what repeats the whole list for each item, or values that contain each other; or pass a smaller limit.',
    );
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length / charactersPerUnit;
  return Array.isArray(value) ? value.length / elementsPerUnit : 0;
}
