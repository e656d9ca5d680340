import type { CallContext } from '../base/call-context.ts';
import { counted } from '../base/counted.ts';
import { shortened } from './answer-budget.ts';
import type { Projection } from './projection.ts';
import type { Intake } from './take-in.ts';
import type { MembersWith } from './tool-outcome.ts';

/** Most names in a note. */
const mostNamed = 5;

/** Notes why an expression may have found nothing: `[]`, 0 and null read like facts about the tenant. */
export function noteProjection(
  projection: Projection | undefined,
  { read, bare }: Pick<Intake, 'read' | 'bare'>,
  { membersWith }: { readonly membersWith?: MembersWith },
  { note }: Pick<CallContext, 'note'>,
): void {
  if (projection === undefined || read === 0) return;
  if (bare?.value === null) {
    const items = `the ${counted(read, 'item')} that ${read === 1 ? 'was' : 'were'} read`;
    note(`project gave null. It works on {"value": [${items}]}, so most expressions begin with value[].`);
  }
  const names = projection.unseen();
  if (names.length === 0) return;
  const shown = names.slice(0, mostNamed).map((name) => `\`${shortened(name, 80)}\``);
  const none = read === 1 ? 'the item that was read does not have' : `none of the ${read} items that were read has`;
  const why = membersWith === '$select' ? ' The service may leave it out unless $select names it.' : '';
  note(`project: ${none} ${shown.join(', ')}.${why}`);
}
