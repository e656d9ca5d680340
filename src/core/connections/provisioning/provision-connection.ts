import { readClaims } from '../../auth/token-claims.ts';
import { gatherYes } from '../../base/authority.ts';
import type { Caller } from '../../base/caller.ts';
import { tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import type { Application } from '../../identities/identities.ts';
import { MadeSoFar } from '../../identities/made-so-far.ts';
import { writesOfNewApp } from '../../policy/planned-writes.ts';
import type { ConnectionIdentity, ConnectionRecord } from '../../record/connection.ts';
import type { ProvisionConnection, ProvisionResult } from '../connection-service.ts';
import { type FoundToken, findToken, readTrust } from '../conversion/federated-token.ts';
import { type ProvisioningPlan, planProvisioning } from './plan-provisioning.ts';
import { completeFederated, ensureTrust, provisionSecret, removeLeftovers } from './provision-credential.ts';
import { type Provisioning, type TakenUp, takeUpRecord } from './provisioning.ts';
import { trySignIn } from './try-sign-in.ts';

/**
 * Makes an app registration, its service principal, roles and credential, and a connection that signs in with them. The
 * record comes first: the unique name of the app follows from it, and each step looks for its result before it makes
 * one. So calling again finishes a call that stopped anywhere.
 */
export async function provisionConnection(
  input: ProvisionConnection,
  caller: Caller,
  work: Provisioning,
): Promise<ProvisionResult> {
  const { admin, call } = work;
  if (admin.record.access === 'read_only') {
    throw new AppError('refused', `The connection ${admin.record.name} is read-only: nothing was made.`, {
      hint: 'Ask the person who runs Tenantry whether this connection may write.',
    });
  }
  const plan = planProvisioning(input, admin.record, admin.cloud, call);
  const token = await readToken(input, plan, work);
  const tenantId = await tenantOf(work);
  await checkRoles(plan, work);
  const gathered = gatherYes(call.authority);
  const asking = { ...work, call: { ...call, authority: gathered.authority } };
  await ask(plan, asking);
  const taken = await takeUpRecord(plan, caller, token !== undefined, asking, gathered.ask);
  const made: MadeParts = { connection: plan.name, role_assignments: [] };
  try {
    return await provision({ plan, token, tenantId, taken, made, work, total: plan.roles.length + 5 });
  } catch (error) {
    throw interrupted(error, made, call.signal);
  }
}

/** One question for everything that follows. */
function ask({ name, displayName, trust, roles }: ProvisioningPlan, { admin, call }: Provisioning): Promise<void> {
  const credential =
    trust === undefined
      ? 'give it a client secret'
      : `let it trust ${quoted(trust.subject, 1_000)} of ${quoted(trust.issuer, 1_000)}`;
  return admin.guard.askForTask(
    {
      summary: `Make an app registration and the connection ${quoted(name)} with the rights of ${quoted(admin.record.name)}`,
      details: [
        `register the app ${quoted(displayName)} with a service principal`,
        ...roles.map(({ role, scope }) => `assign it the role ${quoted(role)} at ${quoted(scope, 2_000)}`),
        credential,
      ],
      covers: ['role', 'credential'],
      writes: writesOfNewApp(
        roles.map(({ scope }) => scope),
        trust === undefined ? 'addPassword' : 'federatedIdentityCredentials',
      ),
    },
    call,
  );
}

interface Steps {
  readonly plan: ProvisioningPlan;
  readonly token: FoundToken | undefined;
  readonly tenantId: string;
  readonly taken: TakenUp;
  readonly made: MadeParts;
  readonly work: Provisioning;
  /** Number of steps that progress reports. */
  readonly total: number;
}

async function provision(steps: Steps): Promise<ProvisionResult> {
  const { plan, taken, made, work, total } = steps;
  const { admin, call } = work;
  const step = (progress: number, message: string) => call.progress({ progress, total, message });
  step(1, `app registration ${plan.displayName}`);
  const application = await ensureApplication(steps);
  step(2, 'service principal');
  const principal = await admin.identities.ensureServicePrincipal(application.appId, call);
  made.service_principal = { object_id: principal.value, created: principal.isNew };
  for (const [index, { role, scope }] of plan.roles.entries()) {
    step(3 + index, `role ${role}`);
    const wanted = { principalId: principal.value, role, scope };
    const { value, isNew } = await admin.identities.ensureRoleAssignment(wanted, call);
    made.role_assignments.push({ id: value.id, role: value.role, scope: value.scope, created: isNew });
  }
  step(total - 2, plan.trust === undefined ? 'client secret' : 'federated credential');
  const record = await provideCredential(application, steps);
  step(total - 1, 'sign-in');
  const signIn = { trust: plan.trust, principalId: principal.value, hasToken: record.secrets.length > 0 };
  await trySignIn(record, signIn, work);
  step(total, 'done');
  if (plan.roles.length === 0) call.note('No roles were asked for: assign what it needs, or call again with roles.');
  return resultOf(record, made, taken);
}

async function ensureApplication({ plan, taken, made, work }: Steps): Promise<Application> {
  const { admin, call } = work;
  const { record, uniqueName } = taken;
  const ensured =
    record.status === 'ready'
      ? { value: await findOwnApplication(record, uniqueName, work), isNew: false }
      : await admin.identities.ensureApplication(
          {
            uniqueName,
            displayName: plan.displayName,
            serviceManagementReference: plan.serviceManagementReference,
          },
          call,
        );
  made.application = { object_id: ensured.value.id, client_id: ensured.value.appId, created: ensured.isNew };
  return ensured.value;
}

/** The app of a finished connection, which is never replaced by another one. */
async function findOwnApplication(
  record: ConnectionRecord,
  uniqueName: string,
  { admin, call }: Provisioning,
): Promise<Application> {
  const found = await admin.identities.findApplication({ uniqueName }, call);
  if (found !== undefined && found.appId.toLowerCase() === record.identity.client_id) return found;
  throw new AppError(
    'conflict',
    `The connection ${record.name} is finished, but ${found === undefined ? 'its app registration is gone' : 'now has another app'}.`,
    { hint: 'Remove the connection with delete_connection, or choose another name.' },
  );
}

async function provideCredential(application: Application, steps: Steps): Promise<ConnectionRecord> {
  const { plan, tenantId, taken, token, made, work } = steps;
  const identity: ConnectionIdentity = {
    ...plan.identity,
    tenant_id: tenantId,
    client_id: application.appId.toLowerCase(),
  };
  if (plan.trust !== undefined) {
    const { value, isNew } = await ensureTrust(taken.record, application.id, plan.trust, work);
    made.credential = { kind: 'federated credential', name: value.name, created: isNew };
    return completeFederated(taken.record, identity, token, work);
  }
  const marker = `tenantry-${plan.name}`;
  const wanted = { application, identity, marker, lifetimeDays: plan.secretDays };
  const { record, isNew, mayHaveLeftovers } = await provisionSecret(taken.record, wanted, work);
  made.credential = { kind: 'client secret', name: marker, created: isNew };
  if (taken.isRepeat || mayHaveLeftovers) {
    const removed = await removeLeftovers(record, wanted, work);
    if (removed > 0) {
      work.call.note(`Removed ${removed} client secret${removed === 1 ? '' : 's'} of interrupted calls.`);
    }
  }
  return record;
}

/** Checks, before anything is made, that the app will trust the token that the caller supplies. */
async function readToken(
  input: ProvisionConnection,
  plan: ProvisioningPlan,
  work: Provisioning,
): Promise<FoundToken | undefined> {
  const argument = input.federated?.token;
  if (argument === undefined || plan.trust === undefined) return undefined;
  const token = await findToken(work.admin.record, argument, work);
  readTrust(plan.trust, token.claims, work.admin.cloud, work.call);
  return token;
}

/** Tenant of the admin connection: the new app will be in it. */
async function tenantOf({ admin, call }: Provisioning): Promise<string> {
  const { tenant_id: known } = admin.record.identity;
  if (known !== undefined) return known;
  const audience = tokenAudience(admin.cloud, 'graph');
  const { token } = await admin.tokens.getToken({ audience, caller: call.caller, signal: call.signal });
  const tenantId = readClaims(token)?.tenantId;
  if (tenantId === undefined) {
    throw new AppError('configuration', `The connection ${admin.record.name} does not say which tenant it is in.`, {
      hint: `Supply tenant_id for ${admin.record.name} with complete_connection.`,
    });
  }
  return tenantId;
}

/** Finds misspelt roles before anything is made. */
async function checkRoles({ roles }: ProvisioningPlan, { admin, call }: Provisioning): Promise<void> {
  for (const { role, scope } of roles) {
    await admin.identities.findRole(role, scope, call);
  }
}

function resultOf(record: ConnectionRecord, made: MadeParts, { uniqueName }: TakenUp): ProvisionResult {
  const { application, service_principal, credential, role_assignments } = made;
  if (application === undefined || service_principal === undefined || credential === undefined) {
    throw new Error(`The provisioning of ${uniqueName} ended without its parts.`);
  }
  return { record, application, service_principal, credential, role_assignments };
}

type Part = Omit<ProvisionResult, 'record'>;

/** What exists so far, whichever call made it. Grows while a provisioning goes on. */
interface MadeParts {
  readonly connection: string;
  application?: Part['application'];
  service_principal?: Part['service_principal'];
  credential?: Part['credential'];
  readonly role_assignments: Part['role_assignments'][number][];
}

/** A failure half-way, with everything that exists and how to go on or to give up. */
export function interrupted(error: unknown, made: MadeParts, signal: AbortSignal): unknown {
  const { connection, application, service_principal, credential, role_assignments } = made;
  const call =
    'call provision_connection again with the same arguments: it continues from here and makes nothing twice.';
  const told = new MadeSoFar({
    intro: 'Made so far:',
    separator: ', ',
    next: `Then ${call}`,
    nextAlone: `To finish it, ${call}`,
  });
  told.add('connection', `the connection ${connection}`);
  if (application !== undefined) told.add('application', `the app ${quoted(application.client_id)}`);
  if (service_principal !== undefined) told.add('principal', `its principal ${quoted(service_principal.object_id)}`);
  for (const { id, role, scope } of role_assignments) {
    told.add(id, `${quoted(role)} at ${quoted(scope, 500)}`);
  }
  if (credential !== undefined) told.add('credential', `the ${credential.kind} ${quoted(credential.name)}`);
  return told.explain(error, signal, { exists: made, to_remove: removal(made) });
}

/** In the order in which things are to be removed: assignments of an app that is gone stay behind. */
function removal({ connection, application, role_assignments }: MadeParts): readonly string[] {
  return [
    ...role_assignments.map(({ id }) => `arm_write DELETE ${id}`),
    ...(application === undefined ? [] : [`graph_write DELETE /applications/${application.object_id}`]),
    `delete_connection ${connection}`,
  ];
}
