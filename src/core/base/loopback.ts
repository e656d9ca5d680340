/** Whether an address is plain http on this machine: the one case in which requests go without TLS. */
export function isLoopbackHttp(root: string): boolean {
  return /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/]|$)/i.test(root);
}
