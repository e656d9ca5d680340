/** The address of a page at the public address, for one caller. */
export type PageLink = (path: string, caller: string) => string;

/** Where several tenants may sign in, the address names the caller's, so that nobody has to choose. */
export function pageLinks(publicUrl: string, tenants: readonly string[]): PageLink {
  return (path, caller) => {
    const [tenant = ''] = caller.split('/');
    const query = tenants.length > 1 && tenants.includes(tenant) ? `?tenant=${tenant}` : '';
    return `${publicUrl}${path}${query}`;
  };
}
