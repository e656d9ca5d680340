import type { PersonPage } from '../core/base/authority.ts';
import { type Caller, localCaller } from '../core/base/caller.ts';
import type { DeviceCodePrompt } from '../core/http/token-source.ts';

/** Pages with device codes, for the calls that wait for the sign-in. */
export interface DeviceCodePages {
  /** Opens a page for a code, and tells who waits for the connection. */
  show(prompt: DeviceCodePrompt): void;
  /**
   * Calls `onPage` for pages of these connections of the caller (names, separated by commas) until the returned function
   * is called. `where` ends a sentence that says where the code is to be seen.
   */
  follow(connections: string, caller: Caller, onPage: (page: PersonPage, where: string) => void): () => void;
}

export interface DeviceCodePagesOptions {
  /** Opens a page for a code of the person at this machine; resolves with its address. */
  readonly openHere: (prompt: DeviceCodePrompt) => Promise<string>;
  /** The same for people who sign in; absent where there are no pages for them. */
  readonly openForOwner?: (prompt: DeviceCodePrompt) => Promise<string>;
  readonly announce: (line: string) => void;
  readonly onError: (error: unknown) => void;
}

export function createDeviceCodePages(options: DeviceCodePagesOptions): DeviceCodePages {
  const { openHere, openForOwner, announce, onError } = options;
  const followers = new Set<(prompt: DeviceCodePrompt, page: PersonPage, where: string) => void>();
  return {
    show(prompt) {
      const isHere = prompt.owner === localCaller.id;
      // The person must not wait for the page to learn the code. Who has signed in elsewhere does not look at stderr.
      if (isHere) announce(prompt.message);
      void open(prompt, isHere).catch(onError);
    },
    follow(connections, caller, onPage) {
      const names = connections.split(',').map((name) => name.trim());
      const follower = (prompt: DeviceCodePrompt, page: PersonPage, where: string) => {
        if (prompt.owner === caller.id && names.includes(prompt.connection)) onPage(page, where);
      };
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };

  async function open(prompt: DeviceCodePrompt, isHere: boolean): Promise<void> {
    const url = await (isHere ? openHere(prompt) : openForOwner?.(prompt));
    if (url === undefined) return;
    if (isHere) announce(`The same on a page: ${url}`);
    const message = `Sign in to the connection ${prompt.connection}.`;
    const where = isHere ? `${url} or where stderr is shown` : `${url}, after sign-in in the browser`;
    for (const tell of [...followers]) tell(prompt, { url, message }, where);
  }
}
