import { fault } from '../domain/fault';
import { asyncApiOf, eventSchema } from '../events/asyncapi';
import type { Behaviour } from '../rest/types';
import type { BehaviourParts } from './index';

/** What integrators read of the events: the AsyncAPI document, and the JSON Schema of each notification. */
export const eventDescription = ({ apis, config }: Pick<BehaviourParts, 'apis' | 'config'>): Behaviour => ({
  readAsyncApi: (_request, { store: { tenant } }) => Promise.resolve({ status: 200, raw: JSON.stringify(asyncApiOf(apis, { tenant, prefix: config.brokerPrefix })) }),
  readEventSchema({ params }) {
    const eventType = params['eventType'] ?? '';
    const schema = eventSchema(apis, eventType);
    if (!schema) throw fault('REQ-08', `There is no event type '${eventType.slice(0, 80)}'. GET /trunkline/v1/asyncapi names them all.`);
    return Promise.resolve({ status: 200, raw: JSON.stringify(schema), contentType: 'application/schema+json' });
  },
});
