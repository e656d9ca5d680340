/** The parts of the driver that the probe uses; the package comes without types. */
declare module 'gremlin' {
  export interface GremlinStatus {
    readonly code: number;
    readonly message: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }

  export interface GremlinResponse {
    /** Null when the answer belongs to no request that can be told. */
    readonly requestId: string | null;
    readonly status: GremlinStatus;
    readonly result: { readonly data: readonly unknown[]; readonly meta: unknown };
  }

  export interface GremlinClientOptions {
    readonly authenticator: unknown;
    readonly agent: import('node:http').Agent;
    readonly mimeType: string;
    readonly rejectUnauthorized: boolean;
    readonly traversalSource: string;
    readonly enableUserAgentOnConnect: boolean;
    readonly reader: { readResponse(data: Buffer | string): GremlinResponse };
  }

  export interface GremlinClient {
    readonly isOpen: boolean;
    submit(script: string): Promise<unknown>;
    close(): Promise<void>;
  }

  interface GremlinDriver {
    readonly Client: new (url: string, options: GremlinClientOptions) => GremlinClient;
    readonly auth: { readonly PlainTextSaslAuthenticator: new (user: string, password: string) => unknown };
  }

  const gremlin: { readonly driver: GremlinDriver };
  // The package has no names of its own to import.
  // biome-ignore lint/style/noDefaultExport: the shape of the package
  export default gremlin;
}
