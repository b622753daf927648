import { Fault, fault } from '../../domain/fault';
import { subjectOf, type Notification } from '../../domain/inbound';
import { plainCorrelation } from '../../rest/handlers';
import type { Behaviour, OwnHandler } from '../../rest/types';
import type { Doc } from '../../store/codec';
import type { UnitOfWork } from '../../store/unitOfWork';
import type { BehaviourParts } from '../index';
import { commandsOf } from './commands';
import { admit, sourceOf, type NotificationSource } from './source';

/** A notification of an outside system and what it led to (vendor resource receivedNotification). */
interface ReceivedNotification extends Doc {
  readonly '@type': 'ReceivedNotification';
  readonly source: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly eventTime?: string;
  readonly receivedDate: string;
  readonly state: 'done' | 'ignored' | 'failed';
  readonly reason?: string;
  readonly command?: string;
  readonly subject?: string;
  readonly changed?: readonly object[];
  readonly notification: Notification;
}

type Outcome = Pick<ReceivedNotification, 'state' | 'reason' | 'command' | 'changed'>;

const COLLECTION = 'receivedNotification';
const MOST_REASON = 500;

/** What outside systems report: checked, kept once, and turned into commands by the rules of their source. */
export function received(parts: BehaviourParts): Behaviour {
  const commands = commandsOf(parts.apis);

  const carryOut = async (source: NotificationSource, kept: Pick<ReceivedNotification, 'subject' | 'eventType' | 'eventTime' | 'notification'>, unit: UnitOfWork): Promise<Outcome> => {
    const { notification, eventType } = kept;
    const rule = source.rule.find((one) => one.eventType === eventType);
    if (!rule) return { state: 'ignored', reason: `No rule of source ${source.id} names ${eventType}.` };
    const { command } = rule;
    const subject = subjectOf(notification);
    if (!subject) return { state: 'failed', command, reason: 'event carries no resource. Send it under its own name, as in {"event": {"individual": {"id": "..."}}}.' };
    const newer = await laterOf(source, kept, unit);
    if (newer !== undefined) return { state: 'ignored', command, reason: `A later one about ${kept.subject} is done already: ${newer}.` };
    try {
      const done = await commands[command]({ rule, subject, correlationId: plainCorrelation(notification.correlationId) ?? unit.correlationId }, unit);
      return 'ignored' in done ? { state: 'ignored', command, reason: done.ignored } : { state: 'done', command, changed: done.changed };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { state: 'failed', command, reason: error.message.slice(0, MOST_REASON) };
    }
  };

  const receiveNotification: OwnHandler = async (request, unit) => {
    const source = await sourceOf(parts, unit, request.params['source'] ?? '');
    await admit(parts, source, request, unit);
    const notification = request.body as Notification;
    const eventId = notification.eventId ?? request.headers['webhook-id'];
    if (typeof eventId !== 'string') throw fault('REQ-02', 'eventId is missing. Send one that stays the same whenever the event is sent again.');
    const id = `${source.id}:${eventId}`;
    const before = await unit.get<ReceivedNotification>(COLLECTION, id);
    if (before) return { status: 200, body: receiptOf(before) };
    const subject = subjectOf(notification);
    const fresh = {
      id, '@type': 'ReceivedNotification' as const, source: source.id, eventId, eventType: notification.eventType, receivedDate: unit.now.toISOString(), notification,
      ...(notification.eventTime === undefined ? {} : { eventTime: new Date(notification.eventTime).toISOString() }),
      ...(subject?.id === undefined ? {} : { subject: `${subject.key}/${subject.id}` }),
    };
    // Announced is what it changes: the notification itself is theirs, and may hold what is not for our listeners.
    const kept = unit.save<ReceivedNotification>(COLLECTION, { ...fresh, ...await carryOut(source, fresh, unit) }, { events: [], raced: true });
    return { status: 201, body: receiptOf(kept) };
  };

  return {
    receiveNotification: Object.assign(receiveNotification, { ownAccess: true }),
    async retryReceivedNotification({ params }, unit) {
      const id = params['id'] ?? '';
      const before = await unit.get<ReceivedNotification>(COLLECTION, id);
      if (!before) throw fault('REQ-08', `There is no received notification '${id.slice(0, 80)}'.`);
      if (before.state === 'done') return { status: 201, body: before };
      const { reason: _reason, command: _command, changed: _changed, ...rest } = before;
      const after = { ...rest, ...await carryOut(await sourceOf(parts, unit, before.source), before, unit) };
      return { status: 201, body: unit.save<ReceivedNotification>(COLLECTION, after, { events: [] }) };
    },
  };
}

const receiptOf = ({ id, eventId, state, reason }: ReceivedNotification) => ({ id, eventId, state, ...(reason === undefined ? {} : { reason }) });

/** The eventId of one about the same thing that happened later and is done: what comes late must not undo it. */
async function laterOf({ id: source }: NotificationSource, { subject, eventType, eventTime }: Pick<ReceivedNotification, 'subject' | 'eventType' | 'eventTime'>, unit: UnitOfWork): Promise<string | undefined> {
  if (subject === undefined || eventTime === undefined) return undefined;
  const [later] = await unit.store.query<ReceivedNotification>(COLLECTION, { subject, source, eventType, state: 'done', eventTime: { $gt: eventTime } }, { limit: 1 });
  return later?.doc.eventId;
}
