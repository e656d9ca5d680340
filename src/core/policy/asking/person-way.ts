/** How the person behind an agent is reached for a yes, besides a form of the agent's client. */
export interface PersonWay {
  /** Whether a form of the client may take a yes of the grade `authority`. */
  readonly formsGiveAuthority: boolean;
  /** What the agent does to get the yes for the request that waits under this code. */
  hintFor(code: string, caller: string): string;
  /** What it does where too much waits already. */
  hintForAll(caller: string): string;
  /** A page that takes the yes, from nobody but this caller's person; absent where there is none. */
  pageFor?(code: string, caller: string): string;
}

/** The person at this machine. */
export const atTheTerminal: PersonWay = {
  formsGiveAuthority: true,
  hintFor: (code) => `Ask the person to run \`tenantry approve ${code}\`, then send the same call again.`,
  hintForAll: () => 'Ask the person to run `tenantry approve`, which shows what waits; send the call again after that.',
};

/** People who sign in, at pages of the HTTP server: a form would only prove that their client has answered. */
export function onPages(link: (path: string, caller: string) => string): PersonWay {
  return {
    formsGiveAuthority: false,
    hintFor: (code, caller) =>
      `Ask the person to open ${link(`/approve/${code}`, caller)} in a browser and to say yes there, then send the same call again.`,
    hintForAll: (caller) =>
      `Ask the person to open ${link('/approve', caller)} in a browser, which shows what waits; send the call again after that.`,
    pageFor: (code, caller) => link(`/approve/${code}`, caller),
  };
}

/** People who sign in to an HTTP server that has no pages. */
export const nowhere: PersonWay = {
  formsGiveAuthority: false,
  hintFor: () =>
    'This server has no pages on which a person could say yes. Ask the person who runs Tenantry: with `http.sign_in.client_secret` it has them.',
  hintForAll: () => 'Ask the person who runs Tenantry: this server has no pages on which a person could say yes.',
};
