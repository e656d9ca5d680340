import { freePort } from '../../support/child-server.ts';
import { type OidcServer, startOidcServer } from '../../support/oidc-server.ts';
import { type Lab, type LabOptions, openLab, Product } from './product.ts';

/** The tenant whose people sign in, and the app that stands for the server. */
export const companyTenant = '11111111-1111-4111-8111-111111111111';
export const companyApp = '22222222-2222-4222-8222-222222222222';

/** Two people who may sign in, by what they type. */
export const people = {
  'ada@contoso.example': { oid: '44444444-4444-4444-8444-444444444444', name: 'Ada' },
  'grace@contoso.example': { oid: '66666666-6666-4666-8666-666666666666', name: 'Grace' },
} as const;
export type Person = keyof typeof people;

export type Scope = 'Tenantry.Read' | 'Tenantry.Write' | 'Tenantry.Manage';

export const allScopes: readonly Scope[] = ['Tenantry.Read', 'Tenantry.Write', 'Tenantry.Manage'];

/** A scope as clients ask for it. */
export function fullScope(scope: Scope): string {
  return `api://${companyApp}/${scope}`;
}

/** A node of a company: a process of the command line whose clients sign in. */
export interface SignedInNode {
  readonly lab: Lab;
  readonly product: Product;
  /** Address of the MCP endpoint. */
  readonly url: string;
  close(): Promise<void>;
}

/** The login host of a company. */
export function startLogin(): Promise<OidcServer> {
  return startOidcServer({ tenants: [companyTenant], clientId: companyApp, users: people });
}

/** What a configuration has so that people of the company sign in: a cloud with their login host, and the server. */
export function signInSections({ base }: Pick<OidcServer, 'base'>, port: number) {
  const publicUrl = `http://127.0.0.1:${port}`;
  return {
    clouds: { company: { login: base, graph: base, resource_manager: base, devops: base } },
    http: {
      public_url: publicUrl,
      sign_in: { cloud: 'company', tenants: [companyTenant], client_id: companyApp },
    },
  };
}

export async function startSignedInNode(login: OidcServer, options: LabOptions = {}): Promise<SignedInNode> {
  const port = await freePort();
  const lab = await openLab({
    ...signInSections(login, port),
    sharedWith: [{ everyone: true, access: 'write' }],
    ...options,
  });
  const product = new Product(lab, 'http', '--port', String(port));
  await untilServed(product);
  return {
    lab,
    product,
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      await product.stop();
      await lab.close();
    },
  };
}

export async function untilServed(product: Product): Promise<void> {
  await product.until(({ stderr }) => /serves MCP at http\S+\/mcp/.exec(stderr) ?? undefined);
}
