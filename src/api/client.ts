/** Requests to our server extension: one function, typed answers, typed errors. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { z } from 'zod';
import { failure, refusalText } from './schema';

/** Where the server extension answers, below the base URL. */
export const NAMESPACE = 'jupyterlab-dask-hpc';

/** Why the server did not do what was asked. `message` is one plain sentence for the user. */
export class ServerError extends Error {
  constructor(options: ServerError.IOptions) {
    super(options.message);
    this.name = 'ServerError';
    this.status = options.status;
    this.reason = options.reason;
    this.field = options.field;
    this.detail = options.detail;
  }

  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** A reason of `docs/contract.md`, or `offline`, `missing`, `invalid-response`, `unexplained`. */
  readonly reason: string;
  /** Dotted path of the field of the request that is wrong. */
  readonly field: string | undefined;
  /** The batch system's own text. */
  readonly detail: string | undefined;
}

export namespace ServerError {
  export interface IOptions {
    message: string;
    status: number;
    reason: string;
    field?: string | undefined;
    detail?: string | undefined;
  }
}

/** What a value is not that should fit `schema`, in one sentence with a remedy. */
export function schemaMismatch(
  error: z.ZodError,
  trans: TranslationBundle
): string {
  const [issue] = error.issues;
  return trans.__(
    'The answer of the notebook server does not match this page (%1: %2). After an upgrade, restart the server and reload the page.',
    issue.path.join('.') || trans.__('whole answer'),
    issue.message
  );
}

/** The notebook server's side of `docs/contract.md`, "Calls". */
export class ApiClient {
  constructor(
    private readonly _trans: TranslationBundle,
    readonly settings = ServerConnection.makeSettings()
  ) {}

  /**
   * Ask, and read the answer as JSON.
   *
   * @param schema - what the answer has to fit
   * @param path - parts of the path below our namespace; each is encoded
   * @param init - method and, as `body`, a value that is sent as JSON
   * @throws ServerError
   */
  async request<T>(
    schema: z.ZodType<T>,
    path: string[],
    init: ApiClient.IInit = {}
  ): Promise<T> {
    const response = await this.send(path, init);
    const parsed = schema.safeParse(await json(response));
    if (!parsed.success) {
      throw new ServerError({
        message: schemaMismatch(parsed.error, this._trans),
        status: response.status,
        reason: 'invalid-response'
      });
    }
    return parsed.data;
  }

  /** Ask, and leave the reading of the answer to the caller. */
  async send(path: string[], init: ApiClient.IInit = {}): Promise<Response> {
    const url =
      URLExt.join(
        this.settings.baseUrl,
        NAMESPACE,
        ...path.map(encodeURIComponent)
      ) + (init.query ? URLExt.objectToQueryString(init.query) : '');
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(
        url,
        {
          method: init.method ?? 'GET',
          ...(init.body === undefined
            ? {}
            : { body: JSON.stringify(init.body) })
        },
        this.settings
      );
    } catch (error) {
      throw new ServerError({
        message: this._trans.__(
          'The notebook server does not answer. Check that it is running and that this computer is online, then try again.'
        ),
        status: 0,
        reason: 'offline',
        detail: String(error)
      });
    }
    if (!response.ok) {
      throw await this._explain(response);
    }
    return response;
  }

  private async _explain(response: Response): Promise<ServerError> {
    const { status, statusText } = response;
    const refusal = failure.safeParse(await json(response));
    if (refusal.success) {
      const message = refusalText(refusal.data, this._trans);
      return new ServerError({ ...refusal.data, message, status });
    }
    if (status === 404) {
      return new ServerError({
        message: this._trans.__(
          'The server extension jupyterlab_dask_hpc is not running. Enable it with "jupyter server extension enable jupyterlab_dask_hpc", then restart the notebook server.'
        ),
        status,
        reason: 'missing'
      });
    }
    return new ServerError({
      message: this._trans.__(
        'The notebook server answered %1 without a reason. See its log.',
        `${status} ${statusText}`.trim()
      ),
      status,
      reason: status === 403 ? 'forbidden' : 'failed'
    });
  }
}

export namespace ApiClient {
  export interface IInit {
    method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
    body?: unknown;
    query?: Record<string, string>;
  }
}

/** The body as JSON; undefined if it is none. */
async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
