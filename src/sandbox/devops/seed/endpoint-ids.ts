/** Ids of an endpoint and of what stands behind it. */
export interface EndpointIds {
  readonly endpoint: string;
  readonly application: string;
  readonly principal: string;
  readonly appId: string;
  /** Key id of the app's secret. */
  readonly key: string;
  /** Role assignment. */
  readonly assignment: string;
  /** Federated credential. */
  readonly credential: string;
}

/** Ids of the seed: the same in every run. */
export function seededEndpointIds(index: number): EndpointIds {
  const idOf = (kind: string) => `5a11d0c5-7e4a-4c0d-8b0a-de${kind}${index.toString(16).padStart(8, '0')}`;
  return {
    endpoint: idOf('02'),
    application: idOf('03'),
    principal: idOf('04'),
    appId: idOf('05'),
    key: idOf('06'),
    assignment: idOf('08'),
    credential: idOf('07'),
  };
}

export function newEndpointIds(newId: () => string): EndpointIds {
  return {
    endpoint: newId(),
    application: newId(),
    principal: newId(),
    appId: newId(),
    key: newId(),
    assignment: newId(),
    credential: newId(),
  };
}
