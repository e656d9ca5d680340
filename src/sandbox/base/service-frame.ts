import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService, ServiceName } from './service.ts';

type Headers = Readonly<Record<string, string>>;
type ClassOf<T> = abstract new (...args: never[]) => T;
type Work = () => SandboxResponse | Promise<SandboxResponse>;

/** What a service throws to refuse a request, with the code that its answers carry. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Headers;

  constructor(status: number, code: string, message: string, headers: Headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Carries a call out that was let through: its answer has the headers, also when it is a refusal. */
export type CarryOut = (headers: Headers, handle: Work) => Promise<SandboxResponse>;

/** What differs from service to service. */
interface ServiceFrame<Thrown extends Error> {
  readonly name: ServiceName;
  /** Authenticates, finds the route, lets the call through and carries it out. */
  answer(
    request: SandboxRequest,
    context: SandboxContext,
    carryOut: CarryOut,
  ): SandboxResponse | Promise<SandboxResponse>;
  /** What the service throws to refuse; every other error is a mistake of the sandbox, and is thrown on. */
  readonly refusal: ClassOf<Thrown>;
  answerRefusal(refusal: Thrown, request: SandboxRequest, context: SandboxContext): SandboxResponse;
  /** Headers of every answer, refusals included; those of the answer itself win. */
  headers?(response: SandboxResponse, request: SandboxRequest, context: SandboxContext): Headers;
}

export function createService<Thrown extends Error>(frame: ServiceFrame<Thrown>): SandboxService {
  return {
    name: frame.name,
    async handle(request, context) {
      const orRefusal = async (work: Work) => {
        try {
          return await work();
        } catch (error) {
          if (error instanceof frame.refusal) return frame.answerRefusal(error, request, context);
          throw error;
        }
      };
      const carryOut: CarryOut = async (headers, handle) => withHeaders(headers, await orRefusal(handle));
      const response = await orRefusal(() => frame.answer(request, context, carryOut));
      return frame.headers ? withHeaders(frame.headers(response, request, context), response) : response;
    },
  };
}

function withHeaders(headers: Headers, response: SandboxResponse): SandboxResponse {
  return { ...response, headers: { ...headers, ...response.headers } };
}

/** An answer whose body is sent as JSON. */
export function isJson({ body }: SandboxResponse): boolean {
  return typeof body === 'object' && body !== null && !(body instanceof Uint8Array);
}
