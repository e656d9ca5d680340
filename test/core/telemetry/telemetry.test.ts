import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attributeNames } from '../../../src/core/telemetry/attributes.ts';
import { createOpenTelemetry } from '../../../src/core/telemetry/telemetry.ts';
import { testCall } from '../../support/call.ts';
import { fail, succeed } from '../http/client-fixture.ts';
import { get, serveEachTest } from '../http/served-client.ts';

const served = serveEachTest();
let spans: InMemorySpanExporter;
let measured: InMemoryMetricExporter;
let reader: PeriodicExportingMetricReader;

beforeEach(() => {
  spans = new InMemorySpanExporter();
  measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }));
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
});

afterEach(() => {
  for (const api of [context, trace, metrics, propagation]) api.disable();
});

async function metricNames(): Promise<string[]> {
  await succeed(reader.forceFlush());
  return measured
    .getMetrics()
    .flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap((scope) => scope.metrics.map((metric) => metric.descriptor.name)),
    );
}

describe('a request', () => {
  test('has one span for the action and one client span for each attempt, without query', async () => {
    served.server.react({ status: 500 });
    const telemetry = createOpenTelemetry('0');
    await succeed(served.client({ telemetry }).send({ ...get, path: '/users/ada?$select=id' }, testCall()));
    const [first, second, action] = spans.getFinishedSpans();
    expect(action?.name).toBe('azure.perform_action');
    expect(action?.attributes).toMatchObject({ [attributeNames.action]: 'users', [attributeNames.method]: 'GET' });
    expect([first?.attributes, second?.attributes]).toMatchObject([
      { [attributeNames.status]: 500, [attributeNames.errorType]: '500' },
      { [attributeNames.status]: 200, [attributeNames.resendCount]: 1 },
    ]);
    expect(first?.parentSpanContext?.spanId).toBe(action?.spanContext().spanId);
    expect(JSON.stringify(spans.getFinishedSpans().map(({ attributes }) => attributes))).not.toContain('select');
  });

  test('that fails marks its span with the code of the error', async () => {
    served.server.react({ status: 404 });
    const telemetry = createOpenTelemetry('0');
    await fail(served.client({ telemetry }).send(get, testCall()));
    expect(spans.getFinishedSpans().at(-1)?.attributes).toMatchObject({ [attributeNames.errorType]: 'not_found' });
  });

  test('records durations, waits, repetitions and refusals', async () => {
    served.server.react({ status: 429, headers: { 'retry-after': '1' } });
    const telemetry = createOpenTelemetry('0');
    await succeed(served.client({ telemetry }).send(get, testCall()));
    expect(await metricNames()).toEqual(
      expect.arrayContaining([
        'azure.perform_action.duration',
        'azure.semaphore.wait.duration',
        'azure.request.retry.delay',
        'azure.request.retry.attempts',
        'azure.http_429',
      ]),
    );
  });

  test('succeeds although the telemetry SDK throws', async () => {
    trace.disable();
    trace.setGlobalTracerProvider({
      getTracer() {
        throw new Error('broken SDK');
      },
    });
    expect(await succeed(served.client({ telemetry: createOpenTelemetry('0') }).send(get, testCall()))).toMatchObject({
      status: 200,
    });
  });
});

test('a span continues the trace that its caller names', async () => {
  propagation.setGlobalPropagator({
    inject() {},
    fields: () => ['traceparent'],
    extract: (current, carrier) =>
      trace.setSpanContext(current, {
        traceId: String(Object(carrier).traceparent).slice(3, 35),
        spanId: '00f067aa0ba902b7',
        traceFlags: 1,
      }),
  });
  const parent = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
  await createOpenTelemetry('0').withSpan('tools/call x', { kind: 'server', parent }, async () => undefined);
  expect(spans.getFinishedSpans()[0]?.spanContext().traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
});

test('nothing is registered: everything runs all the same', async () => {
  for (const api of [context, trace, metrics]) api.disable();
  const telemetry = createOpenTelemetry('0');
  expect(await telemetry.withSpan('x', {}, async (span) => Object.keys(span.headers()))).toEqual([]);
  telemetry.record('azure.http_429', 1);
});
