import { fault } from '../../domain/fault';
import type { MongoFilter } from '../filter';
import { elementScope, type Attribute, type Scope } from './attribute';

/**
 * Conditions that one and the same element of the attribute fulfils. The element is that of the innermost list on the path: with
 * `orderItem.product`, one product in each item of a list, it is the item.
 */
export function within(attribute: Attribute, compile: (inner: Scope) => MongoFilter): MongoFilter {
  if (attribute.kind !== 'object' && attribute.kind !== 'any') {
    throw fault('QRY-01', `${attribute.text} has no attributes, so no condition can be put on its elements. Compare it itself.`);
  }
  const list = attribute.lists.at(-1);
  const inner = compile(elementScope(attribute));
  if (list === undefined) return prefixed(inner, attribute.path);
  const rest = attribute.path.slice(list.length + 1);
  return { [list]: { $elemMatch: rest === '' ? inner : prefixed(inner, rest) } };
}

/** The same filter from one object further out. */
function prefixed(filter: MongoFilter, path: string): MongoFilter {
  return Object.fromEntries(Object.entries(filter).map(([key, value]) => (
    key === '$and' || key === '$or' || key === '$nor'
      ? [key, (value as MongoFilter[]).map((arm) => prefixed(arm, path))]
      // Inside an object only the impossible condition asks for _id.
      : [key === '_id' ? key : `${path}.${key}`, value])));
}
