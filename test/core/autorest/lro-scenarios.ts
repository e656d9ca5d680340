/** How an operation ends, as a caller of the core sees it. */
export type Ending =
  | { readonly ends: 'done' | 'succeeded'; readonly result?: unknown }
  | { readonly ends: 'failed' | 'canceled'; readonly code?: string }
  /** The write, or reading the state, throws. */
  | { readonly ends: 'error'; readonly code: string };

export interface LroScenario {
  readonly operation: string;
  readonly ending: Ending;
  /** The write is declared to have the same effect when it is sent twice: a POST is not replayed otherwise. */
  readonly idempotent?: boolean;
}

const foo = { id: '100', name: 'foo' };
const succeededFoo = { properties: { provisioningState: 'Succeeded' }, ...foo };

function of(operation: string, ending: Ending, idempotent = false): LroScenario {
  return { operation, ending, idempotent };
}

function done(operation: string, result?: unknown): LroScenario {
  return of(operation, { ends: 'done', ...(result === undefined ? {} : { result }) });
}

function succeeds(operation: string, result?: unknown, idempotent = false): LroScenario {
  return of(operation, { ends: 'succeeded', ...(result === undefined ? {} : { result }) }, idempotent);
}

function ends(operation: string, how: 'failed' | 'canceled', code?: string): LroScenario {
  return of(operation, { ends: how, ...(code === undefined ? {} : { code }) });
}

function errors(operation: string, code: string): LroScenario {
  return of(operation, { ends: 'error', code });
}

const sub = { properties: { provisioningState: 'Succeeded' }, id: '100', subresource: 'sub1' };
const sku = { name: 'sku', id: '100' };

/** Every long-running operation of the server that a generic client can run, with the end that it comes to. */
export const lroScenarios: readonly LroScenario[] = [
  done('PUT /lro/put/200/succeeded', succeededFoo),
  done('PUT /lro/put/201/succeeded', succeededFoo),
  done('PUT /lro/put/200/succeeded/nostate', foo),
  done('PATCH /lro/patch/200/succeeded/ignoreheaders', succeededFoo),
  succeeds('PATCH /lro/patch/201/retry/onlyAsyncHeader', {
    ...succeededFoo,
    id: '/lro/patch/201/retry/onlyAsyncHeader',
  }),
  succeeds('PATCH /lro/patch/202/retry/asyncAndLocationHeader', {
    ...succeededFoo,
    id: '/lro/patch/202/retry/asyncAndLocationHeader',
  }),
  succeeds('POST /lro/list', [foo]),
  succeeds('PUT /lro/put/202/retry/200', foo),
  succeeds('PUT /lro/put/201/creating/succeeded/200', succeededFoo),
  succeeds('PUT /lro/put/200/updating/succeeded/200', succeededFoo),
  ends('PUT /lro/put/201/created/failed/200', 'failed', 'OperationFailed'),
  ends('PUT /lro/put/200/accepted/canceled/200', 'canceled', 'OperationCanceled'),
  succeeds('PUT /lro/put/noheader/202/200', succeededFoo),
  succeeds('PUT /lro/putasync/retry/succeeded', succeededFoo),
  succeeds('PUT /lro/putasync/noretry/succeeded', succeededFoo),
  ends('PUT /lro/putasync/retry/failed', 'failed', 'OperationFailed'),
  ends('PUT /lro/putasync/noretry/canceled', 'canceled', 'OperationCanceled'),
  succeeds('PUT /lro/putasync/noheader/201/200', succeededFoo),
  succeeds('PUT /lro/putnonresource/202/200', sku),
  succeeds('PUT /lro/putnonresourceasync/202/200', sku),
  succeeds('PUT /lro/putsubresource/202/200', sub),
  succeeds('PUT /lro/putsubresourceasync/202/200', sub),
  succeeds('DELETE /lro/delete/provisioning/202/accepted/200/succeeded', succeededFoo),
  ends('DELETE /lro/delete/provisioning/202/deleting/200/failed', 'failed', 'OperationFailed'),
  ends('DELETE /lro/delete/provisioning/202/deleting/200/canceled', 'canceled', 'OperationCanceled'),
  done('DELETE /lro/delete/204/succeeded'),
  succeeds('DELETE /lro/delete/202/retry/200'),
  succeeds('DELETE /lro/delete/202/noretry/204'),
  succeeds('DELETE /lro/delete/noheader'),
  succeeds('DELETE /lro/deleteasync/noheader/202/204'),
  succeeds('DELETE /lro/deleteasync/retry/succeeded'),
  succeeds('DELETE /lro/deleteasync/noretry/succeeded'),
  ends('DELETE /lro/deleteasync/retry/failed', 'failed', 'OperationFailed'),
  ends('DELETE /lro/deleteasync/retry/canceled', 'canceled', 'OperationCanceled'),
  succeeds('POST /lro/post/payload/200', { id: '1', name: 'product' }),
  succeeds('POST /lro/post/202/retry/200', succeededFoo),
  succeeds('POST /lro/post/202/noretry/204'),
  succeeds('POST /lro/LROPostDoubleHeadersFinalLocationGet', foo),
  succeeds('POST /lro/LROPostDoubleHeadersFinalAzureHeaderGet', { status: 'succeeded', id: '100' }),
  succeeds('POST /lro/LROPostDoubleHeadersFinalAzureHeaderGetDefault', foo),
  succeeds('POST /lro/postasync/retry/succeeded', succeededFoo),
  succeeds('POST /lro/postasync/noretry/succeeded', succeededFoo),
  ends('POST /lro/postasync/retry/failed', 'failed', '500'),
  ends('POST /lro/postasync/retry/canceled', 'canceled', 'OperationCanceled'),
  succeeds('PUT /lro/retryerror/put/201/creating/succeeded/200', succeededFoo),
  succeeds('PUT /lro/retryerror/putasync/retry/succeeded', succeededFoo),
  succeeds('DELETE /lro/retryerror/delete/provisioning/202/accepted/200/succeeded', succeededFoo),
  succeeds('DELETE /lro/retryerror/delete/202/retry/200', succeededFoo),
  succeeds('DELETE /lro/retryerror/deleteasync/retry/succeeded'),
  succeeds('POST /lro/retryerror/post/202/retry/200', succeededFoo, true),
  succeeds('POST /lro/retryerror/postasync/retry/succeeded', sku, true),
  errors('PUT /lro/nonretryerror/put/400', 'invalid_argument'),
  errors('PUT /lro/nonretryerror/put/201/creating/400', 'invalid_argument'),
  errors('PUT /lro/nonretryerror/put/201/creating/400/invalidjson', 'invalid_argument'),
  errors('PUT /lro/nonretryerror/putasync/retry/400', 'invalid_argument'),
  errors('DELETE /lro/nonretryerror/delete/400', 'invalid_argument'),
  ends('DELETE /lro/nonretryerror/delete/202/retry/400', 'failed', 'invalid_argument'),
  errors('DELETE /lro/nonretryerror/deleteasync/retry/400', 'invalid_argument'),
  errors('POST /lro/nonretryerror/post/400', 'invalid_argument'),
  ends('POST /lro/nonretryerror/post/202/retry/400', 'failed', 'invalid_argument'),
  errors('POST /lro/nonretryerror/postasync/retry/400', 'invalid_argument'),
  done('PUT /lro/error/put/201/noprovisioningstatepayload'),
  succeeds('PUT /lro/error/putasync/retry/nostatus', {}),
  succeeds('PUT /lro/error/putasync/retry/nostatuspayload'),
  done('DELETE /lro/error/delete/204/nolocation'),
  succeeds('DELETE /lro/error/deleteasync/retry/nostatus'),
  done('POST /lro/error/post/202/nolocation'),
  succeeds('POST /lro/error/postasync/retry/nopayload'),
  errors('PUT /lro/error/put/200/invalidjson', 'upstream_error'),
  errors('PUT /lro/error/putasync/retry/invalidheader', 'not_found'),
  errors('PUT /lro/error/putasync/retry/invalidjsonpolling', 'upstream_error'),
  succeeds('DELETE /lro/error/delete/202/retry/invalidheader'),
  errors('DELETE /lro/error/deleteasync/retry/invalidheader', 'not_found'),
  errors('DELETE /lro/error/deleteasync/retry/invalidjsonpolling', 'upstream_error'),
  ends('POST /lro/error/post/202/retry/invalidheader', 'failed', 'not_found'),
  errors('POST /lro/error/postasync/retry/invalidheader', 'not_found'),
  errors('POST /lro/error/postasync/retry/invalidjsonpolling', 'upstream_error'),
  succeeds('POST /lroParameterizedEndpoints', 'success'),
  succeeds('POST /lroConstantParameterizedEndpoints/iAmConstant', 'success'),
];
