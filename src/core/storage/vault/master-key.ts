/** The key that everything secret on this machine hangs on. It is never shown; only derived keys leave it. */
export interface MasterKey {
  /**
   * A 32-byte key for one purpose (`vault`, `cursor`), by HKDF-SHA-256: the same for all processes of one home folder.
   * The first use creates the master key; when it is missing although secrets exist, throws `configuration`.
   */
  derive(purpose: string): Promise<Buffer>;
}
