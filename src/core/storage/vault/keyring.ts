/** Passwords in the keyring of the operating system, one per account. */
export interface Keyring {
  /** Undefined when there is no such entry; rejects when the keyring is locked or away. */
  get(account: string): Promise<string | undefined>;
  set(account: string, password: string): Promise<void>;
  remove(account: string): Promise<void>;
}

const service = 'tenantry';
/** A locked keyring asks the person at the screen; where nobody is, the question must not hang a call. */
const patienceMs = 20_000;

/**
 * The operating system's keyring, or undefined when the optional package or the keyring itself is missing.
 * On Linux only the Secret Service counts: the kernel's keyring forgets everything at a reboot.
 */
export async function loadKeyring(): Promise<Keyring | undefined> {
  try {
    const { AsyncEntry } = await import('@napi-rs/keyring');
    const entry = (account: string) => new AsyncEntry(service, account, { linux: { store: 'secret-service' } });
    entry('probe');
    return {
      get: async (account) => (await entry(account).getPassword(AbortSignal.timeout(patienceMs))) ?? undefined,
      set: (account, password) => entry(account).setPassword(password, AbortSignal.timeout(patienceMs)),
      remove: async (account) => {
        await entry(account).deletePassword(AbortSignal.timeout(patienceMs));
      },
    };
  } catch {
    return undefined;
  }
}
