import type { PersonPage } from '../core/base/authority.ts';
import type { Caller } from '../core/base/caller.ts';
import type { Lazy } from '../core/base/lazy.ts';
import type { DeviceCodePrompt } from '../core/http/token-source.ts';
import type { Logger } from '../core/telemetry/logger.ts';
import type { PageHost } from '../pages/page-host.ts';

/**
 * Pages with device codes, for the calls that wait for the sign-in. They are for the person at this machine: a connection
 * of somebody who has signed in cannot be one of this kind.
 */
export interface DeviceCodePages {
  /** Opens a page for a code, and tells who waits for the connection. */
  show(prompt: DeviceCodePrompt): void;
  /**
   * Calls `onPage` for pages of these connections (names, separated by commas) until the returned function is called.
   * Nobody but the owner of a connection hears of its codes: who enters one becomes what the connection signs in as.
   */
  follow(connections: string, caller: Caller, onPage: (page: PersonPage) => void): () => void;
}

export interface DeviceCodePagesOptions {
  readonly pages: Lazy<PageHost>;
  readonly announce: (line: string) => void;
  readonly logger: Logger;
}

export function createDeviceCodePages({ pages, announce, logger }: DeviceCodePagesOptions): DeviceCodePages {
  const followers = new Set<(prompt: DeviceCodePrompt, page: PersonPage) => void>();
  return {
    show(prompt) {
      // The person must not wait for the page to learn the code.
      announce(prompt.message);
      void open(prompt).catch((error: unknown) => logger.error('unexpected failure on a page', { error }));
    },
    follow(connections, caller, onPage) {
      const names = connections.split(',').map((name) => name.trim());
      const follower = (prompt: DeviceCodePrompt, page: PersonPage) => {
        if (prompt.owner === caller.id && names.includes(prompt.connection)) onPage(page);
      };
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };

  async function open(prompt: DeviceCodePrompt): Promise<void> {
    const { createDeviceCodePage } = await import('../pages/device-code-page.ts');
    const { url } = await (await pages.get()).open(createDeviceCodePage(prompt));
    announce(`The same on a page: ${url}`);
    const message = `Sign in to the connection ${prompt.connection}.`;
    for (const tell of [...followers]) tell(prompt, { url, message });
  }
}
