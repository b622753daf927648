import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { openGround, quiet, until } from '../../test/events/ground';
import { VENDOR_EVENTS } from '../domain/hub/vendorEvents';
import { loadDocuments } from '../spec/document';
import { readApi, type Api } from '../spec/operation';
import type { Outgoing } from './broker';
import { asyncApiOf, eventSchema, eventsOfApis } from './asyncapi';
import { openInProcess } from './inProcess';
import { startRelay } from './relay';

let apis: Api[];
beforeAll(async () => {
  apis = (await loadDocuments(join(__dirname, '..', '..', 'openapi'))).map(readApi);
});

const ajv = () => addFormats(new Ajv({ strict: false, logger: false }));

interface AsyncApi {
  readonly asyncapi: string;
  readonly channels: Readonly<Record<string, { readonly address: string; readonly messages: Readonly<Record<string, { readonly $ref: string }>> }>>;
  readonly operations: Readonly<Record<string, { readonly channel: { readonly $ref: string }; readonly messages: readonly { readonly $ref: string }[] }>>;
  readonly components: { readonly messages: Readonly<Record<string, { readonly payload: object; readonly headers: object }>>; readonly schemas: Readonly<Record<string, object>> };
}

/** References that lead nowhere. */
const lost = (document: object): string[] => [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!)
  .filter((path) => path.split('/').reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], document) === undefined);

it('describes every event of every document, and no reference leads nowhere', () => {
  const document = asyncApiOf(apis) as unknown as AsyncApi;
  expect(document.asyncapi).toBe('3.0.0');
  expect(lost(document)).toEqual([]);
  for (const { document: { api, version }, events } of apis) {
    for (const eventType of events) if (eventType !== 'EventSubscriptionCreateEvent') expect(Object.keys(document.components.messages)).toContain(`${api}.${version}.${eventType}`);
  }
  expect(document.channels['tmf622.v4.productOrder']).toMatchObject({ address: 'default.tmf622.productOrder.{eventType}' });
  for (const name of Object.keys(document.components.messages)) expect(name).toMatch(/^[\w.-]+$/);
});

/** What outside systems announce, and we only hear. */
const HEARD = ['ServiceOrderStateChangeEvent'];

it('knows every event type that the source announces', () => {
  const known = new Set([...eventsOfApis(apis).map(({ eventType }) => eventType), ...Object.values(VENDOR_EVENTS).flat(), ...HEARD]);
  const source = (folder: string): string[] => readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts')).map((entry) => join(entry.parentPath, entry.name));
  const strays = source(join(__dirname, '..')).flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'([A-Z][A-Za-z]+Event)'/g)].map(([, type]) => type!).filter((type) => !known.has(type)));
  expect([...new Set(strays)]).toEqual([]);
});

it('gives a JSON Schema of each event that a validator takes', () => {
  // The schemas that events share are compiled once, as parts of the whole document; of the documents of single events one per API.
  const whole = ajv().addSchema({ $id: 'doc', ...asyncApiOf(apis) });
  const compiled = new Set<Api>();
  for (const { api, eventType } of eventsOfApis(apis)) {
    const schema = eventSchema(apis, eventType)!;
    expect([eventType, lost(schema)]).toEqual([eventType, []]);
    expect(() => whole.compile({ $ref: `doc#/components/messages/${api.document.api}.${api.document.version}.${eventType}/payload` })).not.toThrow();
    if (!compiled.has(api)) expect(() => ajv().compile(schema)).not.toThrow();
    compiled.add(api);
  }
  expect(eventSchema(apis, 'ProductOrderLostEvent')).toBeUndefined();
});

it('holds for the messages that are really sent, and not for others', async () => {
  const ground = await openGround('TMF622-ProductOrdering');
  const messages: Outgoing[] = [];
  const broker = { ...openInProcess(ground.store, { log: quiet }), publish: async (message: Outgoing) => { messages.push(message); } };
  const relay = startRelay(ground.store, broker, { log: quiet, publicUrl: 'http://localhost:8080' });
  const item = { id: '1', action: 'add', productOffering: { id: 'po-1', '@type': 'ProductOfferingRef' }, quantity: 1 };
  await ground.save('productOrder', 'o-1', { '@type': 'ProductOrder', state: 'acknowledged', orderDate: '2026-01-01T00:00:00.000Z', productOrderItem: [item] });
  await ground.save('productOrder', 'o-1', { state: 'inProgress', description: 'both at once' });
  await ground.save('cancelProductOrder', 'x-1', { productOrder: { id: 'o-1' }, state: 'acknowledged', effectiveCancellationDate: '2026-01-01T00:00:00.000Z' });
  await ground.store.run(async (unit) => {
    await unit.get('productOrder', 'o-1');
    unit.remove('productOrder', 'o-1');
  });
  await until(() => messages.length === 5);
  await relay.stop();
  await ground.end();

  const document = asyncApiOf(apis) as unknown as AsyncApi;
  const validator = ajv().addSchema({ $id: 'doc', ...document });
  expect(messages.map(({ headers }) => headers['eventType'])).toEqual([
    'ProductOrderCreateEvent', 'ProductOrderStateChangeEvent', 'ProductOrderAttributeValueChangeEvent', 'CancelProductOrderCreateEvent', 'ProductOrderDeleteEvent']);
  expect(messages.map(({ body }) => (JSON.parse(body) as { fieldPath?: string }).fieldPath)).toEqual([undefined, undefined, 'state,description', undefined, undefined]);
  for (const { headers, body, routingKey } of messages) {
    const eventType = String(headers['eventType']);
    const [key, channel] = Object.entries(document.channels).find(([, one]) => Object.hasOwn(one.messages, eventType))!;
    expect(channel.address.replace('{eventType}', eventType)).toBe(routingKey);
    const payload = validator.compile({ $ref: `doc#/components/messages/${key.split('.').slice(0, 2).join('.')}.${eventType}/payload` });
    const schema = ajv().compile(eventSchema(apis, eventType)!);
    const notification = JSON.parse(body) as { event: Record<string, Record<string, unknown>> };
    for (const validate of [payload, schema]) {
      expect(validate(notification) ? [] : validate.errors).toEqual([]);
      expect(validate({ ...notification, eventType: 'OtherEvent' })).toBe(false);
      expect(validate({ ...notification, event: {} })).toBe(false);
      expect(validate({ ...notification, event: { [String(headers['resource'])]: { ...Object.values(notification.event)[0], state: 7 } } })).toBe(false);
    }
    const validateHeaders = validator.compile({ $ref: 'doc#/components/schemas/headers' });
    expect(validateHeaders(headers) ? [] : validateHeaders.errors).toEqual([]);
  }
});
