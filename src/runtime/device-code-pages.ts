import type { PersonPage } from '../core/base/authority.ts';
import type { Lazy } from '../core/base/lazy.ts';
import type { DeviceCodePrompt } from '../core/http/token-source.ts';
import type { PageHost } from '../pages/page-host.ts';

/** Pages with device codes, for the calls that wait for the sign-in. */
export interface DeviceCodePages {
  /** Opens a page for a code, and tells who waits for the connection. */
  show(prompt: DeviceCodePrompt): void;
  /** Calls `onPage` for pages of these connections (names, separated by commas) until the returned function is called. */
  follow(connections: string, onPage: (page: PersonPage) => void): () => void;
}

export interface DeviceCodePagesOptions {
  readonly pages: Lazy<PageHost>;
  readonly announce: (line: string) => void;
  readonly onError: (error: unknown) => void;
}

export function createDeviceCodePages({ pages, announce, onError }: DeviceCodePagesOptions): DeviceCodePages {
  const followers = new Set<(connection: string, page: PersonPage) => void>();
  return {
    show(prompt) {
      // The person must not wait for the page to learn the code.
      announce(prompt.message);
      void open(prompt).catch(onError);
    },
    follow(connections, onPage) {
      const names = connections.split(',').map((name) => name.trim());
      const follower = (connection: string, page: PersonPage) => {
        if (names.includes(connection)) onPage(page);
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
    for (const tell of [...followers]) tell(prompt.connection, { url, message });
  }
}
