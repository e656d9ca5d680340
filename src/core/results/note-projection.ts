import type { CallContext } from '../base/call-context.ts';
import { counted } from '../base/counted.ts';
import { shortened } from './answer-budget.ts';
import type { Intake } from './intake.ts';
import type { Projection } from './projection.ts';
import type { MembersWith } from './tool-outcome.ts';

/** Most names in a note. */
const mostNamed = 5;

/** Notes why an expression may have found nothing: `[]`, 0 and null read like facts about the tenant. */
export function noteProjection(
  projection: Projection | undefined,
  { read, bare }: Pick<Intake, 'read' | 'bare'>,
  { membersWith }: { readonly membersWith?: MembersWith | undefined },
  call: Pick<CallContext, 'note'>,
): void {
  if (projection === undefined || read === 0) return;
  if (bare?.value === null) {
    const items = `the ${counted(read, 'item')} that ${read === 1 ? 'was' : 'were'} read`;
    call.note(`project gave null. It works on {"value": [${items}]}, so most expressions begin with value[].`);
  }
  noteUnseen({ argument: 'project', names: projection.unseen(), read, membersWith }, call);
}

export interface UnseenMembers {
  /** The argument that reads them. */
  readonly argument: 'project' | 'count_by';
  readonly names: readonly string[];
  /** How many items were read. */
  readonly read: number;
  readonly membersWith: MembersWith | undefined;
}

/** Notes that an expression reads what no item has. */
export function noteUnseen(
  { argument, names, read, membersWith }: UnseenMembers,
  { note }: Pick<CallContext, 'note'>,
): void {
  if (names.length === 0 || read === 0) return;
  const shown = names.slice(0, mostNamed).map((name) => `\`${shortened(name, 80)}\``);
  const none = read === 1 ? 'the item that was read does not have' : `none of the ${read} items that were read has`;
  const isOnList = argument === 'count_by' && names.includes('value');
  const onItem = isOnList ? ' count_by is evaluated on each item: leave value[]. out.' : '';
  const isPlain = membersWith === '$select' && !isOnList;
  const why = isPlain ? ' The service may leave it out unless $select names it; text goes in single quotes.' : '';
  note(`${argument}: ${none} ${shown.join(', ')}.${onItem}${why}`);
}
