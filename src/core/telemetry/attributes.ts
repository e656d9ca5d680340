/** Names of spans, attributes and metrics. HTTP and MCP ones follow OpenTelemetry's semantic conventions. */
export const spanNames = {
  /** One request of a tool or API layer, all attempts and pauses included. */
  performAction: 'azure.perform_action',
  /** A list that is read page by page. */
  collectPages: 'azure.collect_pages',
} as const;

export const attributeNames = {
  api: 'azure.api',
  action: 'azure.action',
  cloud: 'azure.cloud',
  clientRequestId: 'az.client_request_id',
  serviceRequestId: 'az.service_request_id',
  errorType: 'error.type',
  method: 'http.request.method',
  resendCount: 'http.request.resend_count',
  status: 'http.response.status_code',
  responseSize: 'http.response.body.size',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  url: 'url.full',
  mcpMethod: 'mcp.method.name',
  toolName: 'gen_ai.tool.name',
  operationName: 'gen_ai.operation.name',
} as const;

interface MetricDefinition {
  readonly kind: 'histogram' | 'counter' | 'gauge';
  readonly unit: string;
  readonly description: string;
}

/** Every metric that Tenantry records. */
export const metricDefinitions = {
  'azure.perform_action.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Duration of one request, retries included.',
  },
  'azure.semaphore.wait.duration': { kind: 'histogram', unit: 's', description: 'Wait for a slot and for budgets.' },
  'azure.request.retry.delay': { kind: 'histogram', unit: 's', description: 'Wait before a repeated attempt.' },
  'azure.request.retry.attempts': {
    kind: 'histogram',
    unit: '{attempt}',
    description: 'Attempts that a request took.',
  },
  'azure.http_429': {
    kind: 'counter',
    unit: '{response}',
    description: 'Answers that refused a request for its rate.',
  },
  'azure.limiter.queue.depth': { kind: 'gauge', unit: '{request}', description: 'Requests that wait in a lane.' },
  'azure.limiter.budget.left': { kind: 'gauge', unit: '{unit}', description: 'What is left of a published budget.' },
  'mcp.server.operation.duration': { kind: 'histogram', unit: 's', description: 'Duration of one MCP request.' },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricDefinitions;
