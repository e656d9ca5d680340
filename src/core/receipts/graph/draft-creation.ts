import { member, textOf } from '../../base/guards.ts';
import type { WriteAnswer } from '../receipt.ts';
import type { Draft, Drafted, GraphPlace, GraphWrite } from './graph-draft.ts';

/** What is to be said about actions, by the last segment of their path in lower case. */
const actions: Readonly<Record<string, string>> = {
  addpassword: 'a credential was made: take it away with removePassword and the keyId of the answer',
  removepassword: 'a credential was destroyed, and nobody keeps its secret',
  addkey: 'a credential was made: take it away with removeKey and the keyId of the answer',
  removekey: 'a credential was destroyed, and nobody keeps its key',
  resetpassword: 'the earlier password is known to nobody',
  changepassword: 'the earlier password is known to nobody',
  revokesigninsessions: 'sessions that were ended stay ended',
  sendmail: 'a message that was sent stays sent',
  send: 'a message that was sent stays sent',
  reply: 'a message that was sent stays sent',
  replyall: 'a message that was sent stays sent',
  forward: 'a message that was sent stays sent',
  restore: 'an object that was restored is deleted again with DELETE',
};

/** A POST is undone by deleting what it made, which only its answer names; an action has made nothing. */
export function draftCreation({ id }: GraphWrite, place: GraphPlace): Draft {
  const action = actions[place.segments.at(-1) ?? ''];
  return {
    looks: [],
    finish: () => ({ parts: [], reasons: [action ?? 'only its answer names what it made'] }),
    afterAnswer: (answer, drafted) => (action === undefined ? madeBy(id, place, answer) : drafted),
  };
}

/** Collections whose objects cannot be deleted by their address there. */
const lasting: Readonly<Record<string, string>> = {
  invitations: 'the guest got a mail; delete the user that invitedUser names, if nobody has used it yet',
};

/** The deletion of the object that an answer names. */
export function madeBy(of: string, { path, segments }: GraphPlace, { status, body }: WriteAnswer): Drafted {
  const made = textOf(member(body, 'id'));
  const isMade = status === 201 && made !== '';
  const reason = isMade ? lasting[segments.at(-1) ?? ''] : 'it is an action: what it changed is not known';
  if (reason !== undefined) return { parts: [], reasons: [reason] };
  // `/applications(uniqueName='x')` has made an object of `/applications`.
  const collection = path.replace(/\([^/]*\)$/, '');
  const object = `${collection}/${encodeURIComponent(made)}`;
  const look = { kind: 'presence' as const, path: object, params: { $select: 'id' } };
  const states = { before: { exists: false }, after: { exists: true } };
  return { parts: [{ of, method: 'DELETE', path: object, look, ...states }], reasons: [] };
}
