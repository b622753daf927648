import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Operation, Resource } from '../spec/operation';
import type { Store } from '../store/store';
import type { Key } from '../store/together';
import type { UnitOfWork } from '../store/unitOfWork';

/** Who asks. Without access control everybody is the operator. */
export interface Principal {
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** reader reads, writer also writes, partner reads and keeps hubs, operator may do everything. */
export type Scope = 'reader' | 'writer' | 'partner' | 'operator';

/** A request as handlers see it: parsed and checked against the document, without any trace of Express. */
export interface ApiRequest {
  readonly operation: Operation;
  readonly resource?: Resource;
  /** Path parameters by name; `id` for single resources. */
  readonly params: Readonly<Record<string, string>>;
  /** The query string as it came, without the question mark. */
  readonly query: string;
  readonly body: unknown;
  /** The body as it was written, where the operation lets its callers in itself: a signature is of the text. */
  readonly text?: string;
  /** The body may name an extension schema (@schemaLocation) somewhere. */
  readonly namesSchema?: boolean;
  /** The body as it comes in, where the document takes files (NDJSON, CSV); then `body` is undefined. */
  readonly stream?: Readable;
  /** Lower case, without parameters: application/json, application/merge-patch+json ... */
  readonly mediaType: string;
  readonly headers: IncomingHttpHeaders;
  readonly principal: Principal;
  readonly correlationId: string;
  /** What hrefs start with, such as http://localhost:8080; no final slash. */
  readonly publicUrl: string;
  /** The path as the client wrote it, for links. */
  readonly path: string;
}

/** An answer: the stored document goes out as the face of its resource (id, href, fields); `raw` bodies go out as they are. */
export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly raw?: string | Buffer;
  /** application/json unless given. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The revision that the body shows, for its ETag. */
  readonly rev?: number;
  /** Attributes of the body that are shown this once: a repeat by Idempotency-Key goes without them. */
  readonly shownOnce?: readonly string[];
}

/** Names the documents that many requests want at the same time, so that those are decided and committed together (Store.runTogether). */
export type Together = (request: ApiRequest, store: Store) => Promise<readonly Key[]> | readonly Key[];

/** What an operation does. It reads and saves through the unit; the engine commits after it returns. */
export interface Handler {
  (request: ApiRequest, unit: UnitOfWork): Promise<Answer>;
  readonly together?: Together;
  readonly anyNames?: boolean;
  readonly ownAccess?: boolean;
}

/**
 * An API's own operations by operationId; all others are the generic ones. `generic` does what the document alone asks for: an
 * operation that adds rules calls it and judges its answer, since nothing is kept before the operation returns.
 */
export type Behaviour = Readonly<Record<string, OwnHandler>>;

export interface OwnHandler {
  (request: ApiRequest, unit: UnitOfWork, generic: Handler): Promise<Answer>;
  readonly together?: Together;
  /** The body may have names that could be no attribute ($ref, a.b); the operation keeps them as text only. */
  readonly anyNames?: boolean;
  /** The operation decides itself who may ask; a caller without a key of this server has no scope. */
  readonly ownAccess?: boolean;
}
