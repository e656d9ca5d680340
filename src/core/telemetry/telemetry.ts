import type * as OpenTelemetryApi from '@opentelemetry/api';
import { AppError } from '../base/errors.ts';
import { attributeNames, type MetricName, metricDefinitions } from './attributes.ts';

export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

export interface SpanOptions {
  /** `client` for a request on the wire, `server` for an MCP request, `internal` otherwise. Default `internal`. */
  readonly kind?: 'internal' | 'client' | 'server';
  readonly attributes?: Attributes;
  /** W3C headers (`traceparent`, `tracestate`) of the caller; the active span is the parent without them. */
  readonly parent?: Readonly<Record<string, string>>;
}

/** A running span, reduced to what the code here needs. */
export interface ActiveSpan {
  setAttributes(attributes: Attributes): void;
  /** Marks the span as failed; `type` is a code or a status, never a message. */
  fail(type: string): void;
  /** W3C headers for the next hop; empty when the span is not recorded. */
  headers(): Readonly<Record<string, string>>;
}

/** Spans and metrics. A failure in here never fails a request; without an SDK everything is nearly free. */
export interface Telemetry {
  /** Runs `run` inside a span; its errors mark the span and pass through. */
  withSpan<Result>(name: string, options: SpanOptions, run: (span: ActiveSpan) => Promise<Result>): Promise<Result>;
  record(metric: MetricName, value: number, attributes?: Attributes): void;
}

const noSpan: ActiveSpan = { setAttributes() {}, fail() {}, headers: () => ({}) };

/** For tests and for programs without telemetry. */
export const noTelemetry: Telemetry = {
  withSpan: (_name, _options, run) => run(noSpan),
  record() {},
};

/** Spans and metrics through `@opentelemetry/api`; they go nowhere until an SDK is registered. */
export function createOpenTelemetry(version: string): Telemetry {
  return new OpenTelemetry(version);
}

type Api = typeof OpenTelemetryApi;
type Recorder = (value: number, attributes: OpenTelemetryApi.Attributes) => void;

const scopeName = 'tenantry';

/** Telemetry must never be the reason for a failed request. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // An exporter or SDK that throws has its own diagnostics.
  }
}

/** What names a failure in `error.type`: a code of ours or the name of the class, never a message. */
function errorType(error: unknown): string {
  if (error instanceof AppError) return error.code;
  return error instanceof Error ? error.name : '_OTHER';
}

interface StartedSpan {
  readonly span: OpenTelemetryApi.Span;
  readonly context: OpenTelemetryApi.Context;
}

async function runInSpan<Result>(
  api: Api,
  { span, context }: StartedSpan,
  run: (span: ActiveSpan) => Promise<Result>,
): Promise<Result> {
  const active = activeSpan(api, span, context);
  try {
    return await api.context.with(context, () => run(active));
  } catch (error) {
    active.fail(errorType(error));
    throw error;
  } finally {
    quietly(() => span.end());
  }
}

class OpenTelemetry implements Telemetry {
  readonly #version: string;
  readonly #recorders = new Map<MetricName, Recorder>();
  #api: Api | undefined;
  #loading: Promise<void> | undefined;

  constructor(version: string) {
    this.#version = version;
  }

  withSpan<Result>(name: string, options: SpanOptions, run: (span: ActiveSpan) => Promise<Result>): Promise<Result> {
    return this.#api === undefined
      ? this.#load().then((api) => this.#run(api, name, options, run))
      : this.#run(this.#api, name, options, run);
  }

  #run<Result>(
    api: Api | undefined,
    name: string,
    options: SpanOptions,
    run: (span: ActiveSpan) => Promise<Result>,
  ): Promise<Result> {
    const started = api === undefined ? undefined : this.#start(api, name, options);
    return api === undefined || started === undefined ? run(noSpan) : runInSpan(api, started, run);
  }

  record(metric: MetricName, value: number, attributes: Attributes = {}): void {
    const api = this.#api;
    if (api !== undefined) quietly(() => this.#recorder(api, metric)(value, attributes));
  }

  /** The API package costs a few milliseconds to load, so it is loaded by the first call and not at start. */
  async #load(): Promise<Api | undefined> {
    this.#loading ??= import('@opentelemetry/api').then(
      (api) => {
        this.#api = api;
      },
      () => undefined,
    );
    await this.#loading;
    return this.#api;
  }

  #start(api: Api, name: string, options: SpanOptions): StartedSpan | undefined {
    try {
      const active = api.context.active();
      const parent = options.parent === undefined ? active : api.propagation.extract(active, options.parent);
      const kinds = { internal: api.SpanKind.INTERNAL, client: api.SpanKind.CLIENT, server: api.SpanKind.SERVER };
      const span = api.trace
        .getTracer(scopeName, this.#version)
        .startSpan(name, { kind: kinds[options.kind ?? 'internal'], attributes: options.attributes ?? {} }, parent);
      // Without an SDK and without a caller's trace there is nothing to record or to pass on.
      const isMute = !span.isRecording() && !api.isSpanContextValid(span.spanContext());
      return isMute ? undefined : { span, context: api.trace.setSpan(parent, span) };
    } catch {
      return undefined;
    }
  }

  #recorder(api: Api, metric: MetricName): Recorder {
    const known = this.#recorders.get(metric);
    if (known !== undefined) return known;
    const recorder = createRecorder(api.metrics.getMeter(scopeName, this.#version), metric);
    this.#recorders.set(metric, recorder);
    return recorder;
  }
}

function createRecorder(meter: OpenTelemetryApi.Meter, metric: MetricName): Recorder {
  const { kind, unit, description } = metricDefinitions[metric];
  if (kind === 'counter') {
    const counter = meter.createCounter(metric, { unit, description });
    return (value, attributes) => counter.add(value, attributes);
  }
  const instrument =
    kind === 'gauge'
      ? meter.createGauge(metric, { unit, description })
      : meter.createHistogram(metric, { unit, description });
  return (value, attributes) => instrument.record(value, attributes);
}

function activeSpan(api: Api, span: OpenTelemetryApi.Span, context: OpenTelemetryApi.Context): ActiveSpan {
  return {
    setAttributes: (attributes) => quietly(() => span.setAttributes(attributes)),
    fail: (type) =>
      quietly(() => {
        span.setAttribute(attributeNames.errorType, type);
        span.setStatus({ code: api.SpanStatusCode.ERROR });
      }),
    headers() {
      const carrier: Record<string, string> = {};
      if (span.isRecording()) quietly(() => api.propagation.inject(context, carrier));
      return carrier;
    },
  };
}
