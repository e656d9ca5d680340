import { bearerToken } from '../../base/access-token.ts';
import type { SandboxContext, SandboxRequest } from '../../base/service.ts';
import { decodeJwt } from '../../entra/token-signer.ts';
import { GraphError } from '../graph-error.ts';
import { parseGraphPath } from '../parse-path.ts';
import type { GraphCaller, ParsedGraphPath } from '../parsed-path.ts';
import { findUser } from '../reads/resolve-entity.ts';

/** Requests under way for each app and mailbox, from their arrival to their answer. */
interface MailboxTraffic {
  /** Counts a request from now on, before it is authenticated. Returns what ends it. */
  arrive(request: SandboxRequest, context: Pick<SandboxContext, 'store'>): () => void;
  /** How many requests for the same mailbox arrived earlier and are still under way. */
  aheadOf(request: SandboxRequest, mailbox: string): number;
}

export function createMailboxTraffic(): MailboxTraffic {
  const underWay = new Map<string, readonly SandboxRequest[]>();
  const requestsOf = (mailbox: string) => underWay.get(mailbox) ?? [];
  return {
    arrive(request, context) {
      const mailbox = mailboxIn(request, context);
      if (mailbox === undefined) return () => undefined;
      underWay.set(mailbox, [...requestsOf(mailbox), request]);
      return () => {
        const left = requestsOf(mailbox).filter((one) => one !== request);
        if (left.length > 0) {
          underWay.set(mailbox, left);
        } else {
          underWay.delete(mailbox);
        }
      };
    },
    aheadOf: (request, mailbox) => Math.max(0, requestsOf(mailbox).indexOf(request)),
  };
}

const mailNames =
  /^(?:messages|mailFolders|sendMail|findMeetingTimes|getMailTips|translateExchangeIds|events|calendar|calendarView|contacts)$/;

/** The app and the mailbox that a path reads or writes; undefined for anything else. */
export function mailboxOf(
  { names: [root, second = ''], keys }: Pick<ParsedGraphPath, 'names' | 'keys'>,
  { appId, objectId }: Pick<GraphCaller, 'appId' | 'objectId'>,
  { store }: Pick<SandboxContext, 'store'>,
): string | undefined {
  if (!mailNames.test(second) || (root !== 'users' && root !== 'me')) return undefined;
  const name = keys[0]?.value ?? objectId;
  return `${appId} ${findUser(name, store)?.id ?? name}`;
}

/** The same before authentication: the token is only read, because a wrong one is refused later anyway. */
function mailboxIn(request: SandboxRequest, context: Pick<SandboxContext, 'store'>): string | undefined {
  const jwt = decodeJwt(bearerToken(request) ?? '');
  if (!jwt || !/\/(?:users|me)\b/i.test(request.rawPath)) return undefined;
  const caller = { appId: String(jwt.claims['appid']), objectId: String(jwt.claims['oid']) };
  return mailboxAt(request.rawPath, caller, context);
}

/** The app and the mailbox of a path that was not checked yet, with its version. */
export function mailboxAt(
  rawPath: string,
  caller: Pick<GraphCaller, 'appId' | 'objectId'>,
  context: Pick<SandboxContext, 'store'>,
): string | undefined {
  try {
    return mailboxOf(parseGraphPath(rawPath, ''), caller, context);
  } catch (problem) {
    // The path is refused when the request is handled.
    if (problem instanceof GraphError) return undefined;
    throw problem;
  }
}
