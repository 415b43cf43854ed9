import type { Tracer } from "@opentelemetry/api";
import type { Logger } from "./logger.js";

export type Tracing = {
  /** Null if nothing is traced. */
  readonly tracer: Tracer | null;
  /** Sends the spans that have not been sent yet. */
  readonly close: () => Promise<void>;
};

const NAME = "backstory";

/**
 * Sends spans of requests, operations and database statements to the OTLP endpoint of the settings. OpenTelemetry reads its
 * other variables (OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS ...) from the environment. Without an endpoint, no code of
 * OpenTelemetry's SDK is loaded.
 */
export async function startTracing(endpoint: string | undefined, logger: Logger): Promise<Tracing> {
  if (endpoint === undefined) return { tracer: null, close: () => Promise.resolve() };
  const { NodeTracerProvider, BatchSpanProcessor } = await import("@opentelemetry/sdk-trace-node");
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto");
  const { PrismaInstrumentation } = await import("@prisma/instrumentation");
  const { detectResources, envDetector, resourceFromAttributes } = await import("@opentelemetry/resources");

  const resource = resourceFromAttributes({ "service.name": NAME }).merge(detectResources({ detectors: [envDetector] }));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
  provider.register();
  const prisma = new PrismaInstrumentation();
  prisma.setTracerProvider(provider);
  prisma.enable();
  return {
    tracer: provider.getTracer(NAME),
    async close() {
      prisma.disable();
      await provider.shutdown().catch((error: unknown) => logger.warn({ err: error }, "the last traces could not be sent"));
    },
  };
}
