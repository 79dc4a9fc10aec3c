import { AttuneError, type ErrorCode, type Issue } from "@attune/core";

/** What a server refused, or that it could not be reached (status 0). `code` and `path` are the server's own. */
export class ClientError extends AttuneError {
  readonly status: number;
  readonly errors: readonly Issue[];

  constructor(
    status: number,
    {
      code,
      message,
      errors = [],
      cause,
    }: { code: ErrorCode; message: string; errors?: readonly Issue[]; cause?: unknown },
  ) {
    const path = errors[0]?.path;
    super(code, message, { ...(path !== undefined && { path }), ...(cause !== undefined && { cause }) });
    this.name = "ClientError";
    this.status = status;
    this.errors = errors;
  }
}

interface ProblemLike {
  type?: unknown;
  detail?: unknown;
  errors?: unknown;
}

/** For an answer that comes from something in between, or broke off. */
export const strangeAnswer = (status: number, cause?: unknown): ClientError =>
  new ClientError(status, {
    code: "ATTUNE_CLIENT_ANSWER",
    message: `The answer has status ${status} and is not Attune's; check the URL and what stands in between.`,
    cause,
  });

/** The error that an answer stands for. */
export async function errorOf(response: Response): Promise<ClientError> {
  const { status } = response;
  const body = (await response.json().catch(() => null)) as ProblemLike | null;
  const code = body?.type;
  if (typeof code !== "string" || !code.startsWith("ATTUNE_")) return strangeAnswer(status);
  return new ClientError(status, {
    code: code as ErrorCode,
    message: String(body?.detail ?? ""),
    errors: Array.isArray(body?.errors) ? (body.errors as Issue[]) : [],
  });
}
