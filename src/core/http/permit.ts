import type { CallContext } from '../base/call-context.ts';
import type { DescribedRequest } from './api-descriptor.ts';

/** What is asked about a request before it is sent. */
export interface AskedRequest extends Pick<DescribedRequest, 'method' | 'wirePath' | 'query' | 'headers' | 'body'> {
  /** Name of the API, as its descriptor has it. */
  readonly api: string;
  /** It changes nothing, although it may be a POST. */
  readonly isRead: boolean;
}

/** Says for every request of a connection whether it may be sent. */
export interface Permit {
  /** Throws `refused` for a request that may not be sent, or rejects with it. Undefined where nothing has to be looked up. */
  check(request: AskedRequest, call: CallContext): Promise<void> | undefined;
}
