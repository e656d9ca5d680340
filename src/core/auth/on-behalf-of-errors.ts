import type { SignInErrorMeaning } from './aadsts.ts';

/** The app that acts for people. */
export interface ActingApp {
  /** Login host of the cloud. */
  readonly login: string;
  readonly tenantId: string;
  readonly clientId: string;
}

const signInAgain =
  'Sign in to Tenantry again in this client (in most: disconnect the server and connect again), then repeat the call.';

/** What a refused exchange means for the person who called: they, and not the app, are told most of these. */
const meanings: Readonly<Record<number, (app: ActingApp) => SignInErrorMeaning>> = {
  65001: ({ login, tenantId, clientId }) => ({
    meaning: 'nobody has consented that the app acts for this person',
    hint: `Let an administrator grant the delegated permissions of the app: open ${login.replace(/\/$/, '')}/${tenantId}/adminconsent?client_id=${clientId}, or run \`az ad app permission admin-consent --id ${clientId}\`.`,
  }),
  50076: () => ({ meaning: 'multi-factor authentication is required', hint: signInAgain }),
  50079: () => ({
    meaning: 'the person has to register for multi-factor authentication',
    hint: `Register at https://aka.ms/mfasetup. ${signInAgain}`,
  }),
  50158: () => ({ meaning: 'another proof of the person is required', hint: signInAgain }),
  50173: () => ({ meaning: 'the sign-in was revoked', hint: signInAgain }),
  500133: () => ({ meaning: 'the sign-in of the person has expired', hint: signInAgain }),
  53003: () => ({
    meaning: 'Conditional Access refused the person',
    hint: `${signInAgain} If that does not help, look up the policy in the sign-in logs of the tenant (Entra ID > Monitoring & health > Sign-in logs, tab Conditional Access).`,
  }),
  50105: ({ clientId }) => ({
    meaning: 'the person is not assigned to the app',
    hint: `Let an administrator assign them (Enterprise applications > ${clientId} > Users and groups).`,
  }),
  50013: ({ clientId }) => wrongApp(clientId),
  500131: ({ clientId }) => wrongApp(clientId),
  7000114: ({ clientId }) => ({
    meaning: 'the app may not act for people',
    hint: `Use the app that people sign in to Tenantry with (http.sign_in.client_id), not ${clientId}.`,
  }),
};

function wrongApp(clientId: string): SignInErrorMeaning {
  return {
    meaning: 'the sign-in of the person was not made for this app',
    code: 'configuration',
    hint: `client_id of the connection (${clientId}) must be the app that people sign in to Tenantry with: http.sign_in.client_id in tenantry.yaml.`,
  };
}

/** Undefined where the code means the same as for every other sign-in. */
export function explainExchange(code: number | undefined, app: ActingApp): SignInErrorMeaning | undefined {
  return code === undefined ? undefined : meanings[code]?.(app);
}

/**
 * Refusals of the app itself, for every caller: its secret, its registration, its tenant. Any other refusal is about
 * one person, and nobody else's business.
 */
const ofTheApp: ReadonlySet<string> = new Set(
  '7000215 7000222 7000216 700016 7000229 7000112 700027 50032 7000213 70025 70021 700211 700212 700213 700024 5002738 90002 900023 500011'
    .split(' ')
    .map((code) => `AADSTS${code}`),
);

export function isRefusalOfApp({ upstream }: { readonly upstream?: { readonly code?: string } | undefined }): boolean {
  return upstream?.code !== undefined && ofTheApp.has(upstream.code);
}
