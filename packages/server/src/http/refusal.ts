import { AttuneError, type ErrorCode, type Issue } from "@attune/core";

/** A request that is answered with a problem document. Thrown by handlers, rendered once at the door. */
export class Refusal extends AttuneError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly Issue[];

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    more: { headers?: Readonly<Record<string, string>>; errors?: readonly Issue[]; cause?: unknown } = {},
  ) {
    super(code, message, more.cause === undefined ? {} : { cause: more.cause });
    this.name = "Refusal";
    this.status = status;
    this.headers = more.headers ?? {};
    this.errors = more.errors ?? [];
  }
}
