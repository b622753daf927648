import { createHash } from 'node:crypto';
import { remembered } from '../domain/remembered';
import type { Doc } from '../store/codec';
import type { EventRecord } from '../store/event';
import { Unreadable, type Headers, type Message, type Outgoing } from './broker';

/** The TMF notification as brokers and listeners get it. In documents of version 4 it has `timeOcurred`, spelt so, from version 5 on `timeOccurred` and `@type`. */
export interface Envelope {
  readonly '@type'?: string;
  readonly eventId: string;
  readonly eventTime: string;
  readonly eventType: string;
  readonly correlationId: string;
  readonly domain: string;
  readonly title: string;
  readonly description: string;
  readonly priority: string;
  readonly timeOcurred?: string;
  readonly timeOccurred?: string;
  /** First-level attributes that changed, separated by commas; only where the document has it. */
  readonly fieldPath?: string;
  /** The resource under its own name, whole. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** A message taken apart for workers. `body` is the resource as it was then: a hint, to be read again before acting on it. */
export interface ReceivedEvent<T extends Doc = Doc> {
  readonly eventId: string;
  readonly eventType: string;
  readonly api: string;
  readonly resource: string;
  /** Collection of the entity. */
  readonly collection: string;
  /** Id of the entity. */
  readonly id: string;
  readonly seq: number;
  readonly rev: number;
  readonly partitionKey: string;
  readonly correlationId: string;
  readonly quiet: boolean;
  readonly body: T;
}

/** What the message of an event needs beyond its record. */
export interface EnvelopeOptions {
  readonly tenant: string;
  /** What hrefs start with; no final slash. Hrefs stay paths without it. */
  readonly publicUrl?: string;
  readonly partitions: number;
  /** The resource's life cycle state after the change. */
  readonly state?: string;
}

/** The TMF notification of one event. */
export function envelopeOf(record: EventRecord, publicUrl = ''): Envelope {
  const changed = record.changed.filter((name) => name !== 'lastUpdate');
  const { id, href: _href, ...rest } = record.body as Doc & Record<string, unknown>;
  const isFour = Number(/^v(\d+)/.exec(record.version)?.[1] ?? 4) < 5;
  const resource = { id, href: `${publicUrl}${record.href}`, ...rest };
  return {
    ...(isFour ? {} : { '@type': record.eventType }),
    eventId: record._id,
    eventTime: record.time,
    eventType: record.eventType,
    correlationId: record.correlationId,
    domain: record.api,
    title: titleOf(record.eventType),
    description: `${titleOf(record.eventType)}: ${record.resource} ${id}`,
    priority: 'normal',
    ...(isFour ? { timeOcurred: record.time } : { timeOccurred: record.time }),
    ...(isFour && WITH_FIELD_PATH.test(record.eventType) && changed.length > 0 ? { fieldPath: changed.join(',') } : {}),
    event: Object.fromEntries([...record.alsoUnder ?? [], record.resource].map((name) => [name, resource])),
  };
}

/** The events whose notification has `fieldPath` in the documents. */
const WITH_FIELD_PATH = /(AttributeValueChange|InformationRequired)Event$/;

/** ProductOrderStateChangeEvent -> Product order state change */
const titleOf = (eventType: string): string => {
  const words = eventType.replace(/Event$/, '').replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The message of one event: the TMF notification, with CloudEvents attributes and what consumers sort by as headers. */
export function messageOf(record: EventRecord, options: EnvelopeOptions): Outgoing {
  const { tenant, partitions, publicUrl = '', state } = options;
  const headers: Headers = {
    'ce-specversion': '1.0',
    'ce-id': record._id,
    'ce-type': record.eventType,
    'ce-source': `${publicUrl}${record.href.slice(0, record.href.lastIndexOf('/'))}`,
    'ce-subject': record.body.id,
    'ce-time': record.time,
    'ce-datacontenttype': 'application/json',
    'x-seq': record.seq,
    'x-rev': record.rev,
    'x-order': record.order,
    'x-entity': record.entity,
    'x-partition': record.partitionKey,
    'x-correlation-id': record.correlationId,
    'x-vendor': record.vendor,
    'x-quiet': record.quiet,
    api: record.api,
    resource: record.resource,
    eventType: record.eventType,
    state: state ?? '',
    partition: partitionOf(record.partitionKey, partitions),
  };
  return new EventMessage(record._id, `${tenant}.${record.api}.${record.resource}.${record.eventType}`, headers, () => envelopeOf(record, publicUrl));
}

/** Of an event that may never leave the process: its envelope and its text are made when somebody wants them. */
class EventMessage implements Outgoing {
  #envelope: Envelope | undefined;
  #body: string | undefined;

  constructor(readonly id: string, readonly routingKey: string, readonly headers: Headers, private readonly make: () => Envelope) {}

  get envelope(): Envelope {
    return this.#envelope ??= this.make();
  }

  get body(): string {
    // Half of a surrogate pair is kept as U+FFFD by the database, and readers of JSON stumble over it.
    return this.#body ??= JSON.stringify(this.envelope).replace(LONE_SURROGATE, '$1\ufffd');
  }
}

/** In the text of JSON, where only a half that stands alone is escaped. */
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

const numberOf = remembered(100_000, (key: string) => createHash('sha1').update(key).digest().readUInt32BE(0));

/** 0 to partitions - 1: the same for the same key, in every process and for good. */
export const partitionOf = (key: string, partitions: number): number => numberOf(key) % partitions;

/** What a message is about, by its headers alone. @throws Unreadable when it is not one of ours */
export function subjectOf({ id: eventId, headers }: Message): { readonly collection: string; readonly id: string; readonly correlationId: string } {
  const entity = String(headers['x-entity']);
  const slash = entity.indexOf('/');
  if (slash < 0) throw new Unreadable(`message ${eventId} names no entity`);
  return { collection: entity.slice(0, slash), id: entity.slice(slash + 1), correlationId: String(headers['x-correlation-id'] ?? '') };
}

/**
 * Takes a message apart.
 * @throws Unreadable when it is not one of ours; the broker parks such a message
 */
export function readEvent<T extends Doc = Doc>(message: Message): ReceivedEvent<T> {
  const { id: eventId, headers } = message;
  const envelope = message.envelope ?? parse(eventId, message.body);
  const resource = String(headers['resource']);
  const content = envelope.event?.[resource];
  if (typeof content !== 'object' || content === null) throw new Unreadable(`message ${eventId} is not a TMF notification`);
  return {
    eventId,
    eventType: envelope.eventType,
    api: String(headers['api']),
    resource,
    ...subjectOf(message),
    seq: Number(headers['x-seq']),
    rev: Number(headers['x-rev']),
    partitionKey: String(headers['x-partition']),
    quiet: headers['x-quiet'] === true,
    body: content as T,
  };
}

function parse(eventId: string, body: string): Envelope {
  try {
    return JSON.parse(body) as Envelope;
  } catch {
    throw new Unreadable(`message ${eventId} is no JSON`);
  }
}
