import type { ApiDocument, OpenApi, OperationNode, SchemaNode } from './document';
import { fold } from './shape';

/** An event that a document names: its type, the attribute that carries the resource, and that attribute's schema. */
export interface NamedEvent {
  readonly type: string;
  readonly keys: readonly string[];
  readonly schemas: readonly string[];
}

/** What happened to a resource, whatever its event is called. */
export type ChangeKind = 'create' | 'attributeValueChange' | 'stateChange' | 'delete';

const KINDS: readonly (readonly [ChangeKind, RegExp])[] = [
  ['create', /(Create|Creation|Created)$/], ['stateChange', /(StateChange|StatusChange|StateValueChange|StateChanged|StatusChanged)$/],
  ['attributeValueChange', /(AttributeValueChange|AttributeChange|ValueChange|AttributeValueChanged|Change|Update|Updated)$/], ['delete', /(Delete|Deletion|Deleted|Remove|Removed)$/],
];

/** What changes of the resource an event type stands for, if it is one of the four that every resource may have. */
export function kindOf(eventType: string, resourceName: string): ChangeKind | undefined {
  if (!eventType.toLowerCase().startsWith(resourceName.toLowerCase())) return undefined;
  const rest = eventType.slice(resourceName.length).replace(/(Event|Notification)$/, '');
  const found = KINDS.find(([, pattern]) => pattern.test(rest));
  // `CatalogBatch` or `OrderItemCreate` of an Order is an event of another kind.
  return found && rest.replace(found[1], '') === '' ? found[0] : undefined;
}

/** Paths below /listener that name an event describe what we send. One with a parameter takes what others send, and is ours to route. */
export const isSentPath = (path: string): boolean => /^\/listener\/[^{]/.test(path);

/** The events of a document: below /listener, in webhooks, in callbacks of POST /hub, and in schemas named like events that nothing sends. */
export function namedEvents({ raw }: Pick<ApiDocument, 'raw'>): readonly NamedEvent[] {
  const found = new Map<string, NamedEvent>();
  const add = (path: string, node: OperationNode | undefined): void => {
    const event = node ? eventOf(raw, path, node) : undefined;
    if (event && !found.has(event.type)) found.set(event.type, event);
  };
  for (const [path, item] of Object.entries(raw.paths)) {
    if (isSentPath(path)) add(path, item['post']);
    for (const callback of Object.values((item['post'] as { callbacks?: Record<string, Record<string, Record<string, OperationNode>>> } | undefined)?.callbacks ?? {})) {
      for (const [address, sent] of Object.entries(callback)) add(address, sent['post']);
    }
  }
  for (const [name, item] of Object.entries((raw as { webhooks?: Record<string, Record<string, OperationNode>> }).webhooks ?? {})) add(name, item['post']);
  return [...found.values()];
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function eventOf(raw: OpenApi, path: string, node: OperationNode): NamedEvent | undefined {
  const schema = Object.values(node.requestBody?.content ?? {})[0]?.schema;
  const named = schema?.$ref?.split('/').pop();
  const last = path.split(/[/?#]/).filter((part) => /^\w+$/.test(part)).pop() ?? '';
  const type = named !== undefined && /(Event|Notification)$/.test(named) ? named : upperFirst(last);
  if (!/(Event|Notification)$/.test(type)) return undefined;
  const payload = schema ? fold(raw, schema).properties.get('event') : undefined;
  const carried = payload ? [...fold(raw, payload).properties] : [];
  return { type, keys: carried.map(([key]) => key), schemas: carried.flatMap(([, child]) => nameOf(child)) };
}

const nameOf = (node: SchemaNode): string[] => (node.$ref ? [node.$ref.split('/').pop() ?? ''] : []);

/**
 * Whose events they are: of the resource with the longest name that the type begins with, else of the one that the payload carries.
 * A payload attribute may be misspelt, and a document may name events of what it does not serve.
 */
export function eventsOf(events: readonly NamedEvent[], resources: readonly { readonly name: string; readonly key: string }[]): ReadonlyMap<string, readonly NamedEvent[]> {
  const byName = new Map<string, NamedEvent[]>();
  const longest = [...resources].sort((one, other) => other.name.length - one.name.length);
  for (const event of events) {
    const owner = longest.find(({ name }) => event.type.toLowerCase().startsWith(name.toLowerCase()))
      ?? resources.find(({ key }) => event.keys.includes(key)) ?? resources.find(({ name }) => event.schemas.includes(name));
    if (owner) byName.set(owner.name, [...byName.get(owner.name) ?? [], event]);
  }
  return byName;
}
