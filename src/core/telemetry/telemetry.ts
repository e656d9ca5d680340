import type { MetricName } from './attributes.ts';

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

/** Stands in where nothing is recorded. */
export const noSpan: ActiveSpan = { setAttributes() {}, fail() {}, headers: () => ({}) };

/** For tests and for programs without telemetry. */
export const noTelemetry: Telemetry = {
  withSpan: (_name, _options, run) => run(noSpan),
  record() {},
};
