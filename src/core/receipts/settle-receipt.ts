import type { Receipt, ReceiptStep, UndoPart, UndoPlan, WriteAnswer } from './receipt.ts';

/** How one request of a write has ended. */
export type StepEnd = { readonly answer: WriteAnswer } | 'failed' | 'unknown';

/** Why what a lost answer leaves cannot be taken back. */
const lost = 'its answer was lost: read the object to see what it did';

/**
 * Steps and parts once the write has ended. What failed needs no undo; what nobody has told of stays open, and a look shows
 * later what became of it.
 */
export function settle(plan: UndoPlan, ends: ReadonlyMap<string, StepEnd>): Pick<Receipt, 'steps' | 'parts'> {
  const settled = plan.steps.map((step): { readonly step: ReceiptStep; readonly parts: readonly UndoPart[] } => {
    const end = ends.get(step.id) ?? 'failed';
    const drafted = plan.parts.filter(({ of }) => of === step.id);
    if (end === 'failed') return { step: { ...step, outcome: 'failed', reasons: [] }, parts: [] };
    if (end === 'unknown') return openStep(step, drafted);
    const { parts, reasons } = plan.afterAnswer(step.id, end.answer);
    return { step: { ...step, outcome: 'done', reasons }, parts };
  });
  return { steps: settled.map(({ step }) => step), parts: settled.flatMap(({ parts }) => parts) };
}

/** The same before anything is sent. */
export function unsettled(plan: UndoPlan): Pick<Receipt, 'steps' | 'parts'> {
  return settle(plan, new Map(plan.steps.map(({ id }) => [id, 'unknown'])));
}

function openStep(step: UndoPlan['steps'][number], parts: readonly UndoPart[]) {
  const reasons = parts.length === 0 && step.reasons.length === 0 ? [lost] : step.reasons;
  return { step: { ...step, outcome: 'open' as const, reasons }, parts };
}
