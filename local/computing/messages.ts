/** A request of the AWS SDK to the storage engine, which lives in the main thread. */
export interface StoreRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface StoreResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A request of the API that a worker answers. */
export interface ForwardedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Uint8Array;
}

export interface ForwardedResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** A message from the main thread to a worker. */
export type ToWorker =
  | { readonly kind: 'mine'; readonly id: number; readonly payload: unknown }
  | { readonly kind: 'request'; readonly id: number; readonly request: ForwardedRequest }
  | { readonly kind: 'stored'; readonly id: number; readonly response: StoreResponse }
  | { readonly kind: 'not-stored'; readonly id: number; readonly message: string };

/** A message from a worker to the main thread. */
export type FromWorker =
  | { readonly kind: 'store'; readonly id: number; readonly request: StoreRequest }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly name: string; readonly message: string };

/** The settings with which a worker builds its runtime. */
export interface WorkerSettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A DynamoDB endpoint; undefined for the embedded engine, which the main thread calls. */
  readonly endpoint: string | undefined;
}
