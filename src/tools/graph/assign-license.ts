import { z } from 'zod';
import { invalidArgument } from '../../core/base/errors.ts';
import { guidSource } from '../../core/base/guid.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { applyChange, describeChange, describeLicenses } from '../../core/licensing/describe-licenses.ts';
import { planLicenseChange } from '../../core/licensing/plan-license-change.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { type ConnectionToolContext, defineTool, destructive } from '../define-tool.ts';
import { tried, withReceipt } from '../keep-receipt.ts';
import { confirm, connection, guid, listOf, listWithin, shortText, text } from '../params.ts';
import { describeReview } from '../policy-answer.ts';
import {
  fetchLicenseSituation,
  type HolderReference,
  licenseRequests,
  licenseWritesToKeep,
  plannedLicenseWrites,
  sendLicenseChange,
  usageLocationToSet,
} from './license-traffic.ts';
import { assignToUsers } from './license-users.ts';
import { withoutEmptyHeaders } from './preview-writes.ts';

const product = shortText(200);
const userKey = text(
  new RegExp(String.raw`^(?:[^\s/\\?%"<>|:*@]+@[A-Za-z0-9.-]+|${guidSource})$`),
  'use the id or the user principal name of a user',
);

const input = z.strictObject({
  connection,
  user: userKey.optional().describe('Id or user principal name. Either user, users or group.'),
  users: listOf(userKey, 100).optional().describe('Several, each with an outcome of its own.'),
  group: guid.optional().describe('Id of a group.'),
  add: listWithin(
    z.strictObject({
      sku: product.describe('Part number, display name, unique part of one or id, e.g. SPE_E5, Microsoft 365 E5.'),
      disabled_plans: listWithin(product, 200)
        .optional()
        .describe('Service plans to switch off, by name or id; replaces the current list.'),
    }),
    50,
  )
    .optional()
    .describe('Licences to give.'),
  remove: listWithin(product, 50).optional().describe('Products, named like sku; ["all"]: all direct ones.'),
  usage_location: text(/^[A-Za-z]{2}$/, 'use a two-letter country code such as DE')
    .optional()
    .describe('Country such as DE; set on the user first.'),
  dry_run: z.boolean().optional().describe('Send no write; return what would be sent and changed.'),
  confirm,
});

type Input = z.output<typeof input>;

export const assignLicense = defineTool({
  name: 'assign_license',
  title: 'Assign licences',
  description:
    'Gives licences such as Microsoft 365 E5 to users or a group, takes them away, swaps them or switches service plans, and returns what changed. ' +
    'Finds products by name and checks units, usage location and inheritance first. ' +
    'For the current state use graph_query /subscribedSkus or dry_run.',
  toolset: 'graph',
  permissions: ['LicenseAssignment.ReadWrite.All', 'User.ReadWrite.All for usage_location', 'GroupMember.Read.All'],
  annotations: destructive,
  bindsConnection: true,
  input,
  output: z.looseObject({
    changed: z.boolean(),
    before: z.array(z.looseObject({})).optional(),
    after: z.array(z.looseObject({})).optional(),
    value: z.array(z.looseObject({})).optional(),
  }),
  async run(args, context) {
    const { add = [], remove = [], dry_run: dryRun = false } = args;
    const reference = holderReference(args);
    if (add.length === 0 && remove.length === 0) {
      throw invalidArgument('add, remove: both are empty.', 'Name at least one product, e.g. add: [{"sku":"SPE_E5"}].');
    }
    const request = { add: add.map(({ sku, disabled_plans }) => ({ sku, disabledPlans: disabled_plans })), remove };
    if (reference.kind === 'users') {
      return assignToUsers({ args, keys: reference.keys, request, location: args.usage_location, dryRun }, context);
    }
    const situation = await fetchLicenseSituation(reference, context);
    const change = planLicenseChange(request, situation);
    const usageLocation = usageLocationToSet(args.usage_location, situation.holder, change);
    const planned = { situation, change, usageLocation };
    change.notes.forEach(context.call.note.bind(context.call));
    const kept = licenseWritesToKeep(args, [planned], context);
    if (dryRun) {
      const policy = describeReview(await context.guard.review(plannedLicenseWrites(planned, context), context.call));
      return tried(kept, context, Promise.resolve(answer(planned, { dryRun, status: 200, policy }, context)));
    }
    const preview = async () => answer(planned, { dryRun: true, status: 200 }, context).data;
    await context.guard.askForWrites(plannedLicenseWrites(planned, context), preview, context.call);
    return withReceipt(kept, context, async (report) =>
      answer(planned, { dryRun, status: await sendLicenseChange(planned, report, context) }, context),
    );
  },
});

type Planned = Parameters<typeof sendLicenseChange>[0];

function holderReference({
  user,
  users,
  group,
  usage_location,
}: Input): HolderReference | { readonly kind: 'users'; readonly keys: readonly string[] } {
  const given = [user, users, group].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw invalidArgument(
      'user, users, group: pass exactly one of them.',
      'Pass user (id or user principal name), users (several of them) or group (id).',
    );
  }
  if (user !== undefined) return { kind: 'user', key: user };
  if (users !== undefined) {
    return { kind: 'users', keys: [...new Map(users.map((one) => [one.toLowerCase(), one])).values()] };
  }
  if (usage_location !== undefined) {
    throw invalidArgument(
      'usage_location: a group has none.',
      'Leave it out; members without one get the country of the tenant.',
    );
  }
  return { kind: 'group', key: group ?? '' };
}

interface AnswerOptions {
  readonly dryRun: boolean;
  readonly status: number;
  readonly policy?: object;
}

function answer(
  planned: Planned,
  { dryRun, status, policy }: AnswerOptions,
  { graph, call }: ConnectionToolContext,
): ToolOutcome {
  const { situation, change, usageLocation } = planned;
  const { holder } = situation;
  const requests = licenseRequests(planned);
  if (policy !== undefined) call.note('Dry run: no write was sent.');
  const moved = usageLocation && { before: holder.usageLocation ?? null, after: usageLocation };
  return {
    status,
    data: withoutUndefined({
      [holder.kind]: withoutUndefined({
        id: holder.id,
        display_name: holder.displayName,
        user_principal_name: holder.userPrincipalName,
        usage_location: usageLocation ?? holder.usageLocation,
      }),
      changed: !dryRun && requests.length > 0,
      changes: withoutUndefined({ ...describeChange(change, situation), usage_location: moved }),
      before: describeLicenses(holder, situation),
      after: describeLicenses(applyChange(holder, change), situation),
      dry_run: dryRun ? true : undefined,
      requests: dryRun ? requests.map((request) => withoutEmptyHeaders(graph.preview(request))) : undefined,
      ...policy,
      next_step: status === 202 ? howToCheck(holder.id) : undefined,
    }),
  };
}

function howToCheck(groupId: string): string {
  return (
    'Members get it in the background, over minutes. Check with graph_query ' +
    `/groups/${groupId}?$select=licenseProcessingState and, for members who could not get it, /groups/${groupId}/membersWithLicenseErrors.`
  );
}
