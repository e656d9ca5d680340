import type { PlainObject } from './plain-object.ts';

/** What a call consumes from a budget. */
export interface Charge {
  /** Whose budget it is. */
  readonly key: string;
  readonly cost: number;
  readonly capacity: number;
  /** How long a full budget takes to refill. */
  readonly windowSeconds: number;
}

export interface BudgetAnswer {
  /** Whole seconds to wait; undefined if the call was admitted. */
  readonly retryAfterSeconds?: number;
  /** Used share of the budget: 0 to 1, or up to 1.8 if refused. */
  readonly used: number;
}

/** Budgets that refill evenly. Each remembers how long its caller was told to wait. */
interface Budgets {
  /**
   * Consumes the cost, or refuses and returns how long to wait. Calls during a wait are refused; with `countRefused`,
   * they are also charged and extend the wait.
   */
  take(charge: Charge, now: number, countRefused: boolean): BudgetAnswer;
  /** The used part of a budget. */
  spent(charge: Charge, now: number): number;
  /** Consumes the cost unconditionally. */
  spend(charge: Charge, now: number): void;
}

interface Budget {
  spent: number;
  updatedAt: number;
  blockedUntil: number;
}

export function createBudgets(): Budgets {
  const budgets = new Map<string, Budget>();
  const refilled = (charge: Charge, now: number): Budget => {
    const budget = budgets.get(charge.key) ?? { spent: 0, updatedAt: now, blockedUntil: 0 };
    budgets.set(charge.key, budget);
    budget.spent = Math.max(0, budget.spent - (now - budget.updatedAt) * refillPerMs(charge));
    budget.updatedAt = now;
    return budget;
  };
  return {
    spent: (charge, now) => refilled(charge, now).spent,
    spend(charge, now) {
      refilled(charge, now).spent += charge.cost;
    },
    take(charge, now, countRefused) {
      const { cost, capacity, windowSeconds } = charge;
      const budget = refilled(charge, now);
      const perMs = refillPerMs(charge);
      // A call that costs more than the whole budget passes if the budget is full.
      const missing = budget.spent + Math.min(cost, capacity) - capacity;
      const isWaiting = now < budget.blockedUntil;
      if (!isWaiting && missing <= 1e-9) {
        budget.spent += cost;
        return { used: Math.min(1, budget.spent / capacity) };
      }
      const charged = countRefused ? cost : 0;
      const until = isWaiting ? budget.blockedUntil : now + missing / perMs;
      // Bounded, so that a caller that ignores the wait is not locked out forever.
      budget.blockedUntil = Math.min(until + charged / perMs, now + 2 * windowSeconds * 1000);
      const waitMs = budget.blockedUntil - now;
      return {
        retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000 - 1e-6)),
        used: Math.min(1.8, Math.max(1, (budget.spent + charged + waitMs * perMs) / capacity)),
      };
    },
  };
}

function refillPerMs({ capacity, windowSeconds }: Charge): number {
  return capacity / (windowSeconds * 1000);
}

/** Limits with placed overrides. Unknown names and values that are not numbers are ignored. */
export function withPlaced<Name extends string>(
  limits: Readonly<Record<Name, number>>,
  placed: PlainObject = {},
): Readonly<Record<Name, number>> {
  const known = Object.entries(placed).filter(([name, value]) => name in limits && Number.isFinite(Number(value)));
  return { ...limits, ...Object.fromEntries(known.map(([name, value]) => [name, Number(value)])) };
}
