import { FORMATS } from './formats';

type Keyword = (name: string, child: unknown, node: Readonly<Record<string, unknown>>) => [string, unknown] | undefined;

/** A copy of a schema tree with some keywords treated; attribute names inside `properties` are no keywords. */
export function rewrite(value: unknown, keyword: Keyword, names = false): unknown {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, keyword));
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    const kept: [string, unknown] | undefined = names ? [name, child] : keyword(name, child, value as Record<string, unknown>);
    if (kept) out[kept[0]] = rewrite(kept[1], keyword, !names && (name === 'properties' || name === 'schemas'));
  }
  return out;
}

const KNOWN_FORMATS = new Set([...Object.keys(FORMATS), 'double', 'int32', 'int64', 'password', 'binary', 'byte']);

/**
 * A schema tree without what would refuse sound bodies: a strict oneOf cannot tell arms apart where one is a part of the other, so any arm
 * will do, also one that only the discriminator names; an enum value with a blank at its end is meant without too; formats that nobody
 * knows say nothing.
 */
export const looser = (value: unknown): unknown => rewrite(value, (name, child, node) => {
  if (name === 'oneOf') return ['anyOf', [...(child as unknown[]), ...mappedOnly(child as unknown[], node['discriminator'])]];
  if (name === 'enum' && Array.isArray(child)) return [name, [...new Set((child as unknown[]).flatMap((one) => (typeof one === 'string' && one.trim() !== one ? [one, one.trim()] : [one])))]];
  if (name === 'format' && typeof child === 'string' && !KNOWN_FORMATS.has(child)) return undefined;
  return name === 'discriminator' || name === 'example' ? undefined : [name, child];
});

function mappedOnly(arms: readonly unknown[], discriminator: unknown): { $ref: string }[] {
  const named = new Set(arms.map((arm) => (arm as { $ref?: string }).$ref));
  const mapping = (discriminator as { mapping?: Readonly<Record<string, string>> } | undefined)?.mapping ?? {};
  return [...new Set(Object.values(mapping))].filter((ref) => ref.startsWith('#/') && !named.has(ref)).map(($ref) => ({ $ref }));
}

/** OpenAPI 3.0 marks a bound as exclusive; JSON Schema since draft 6 writes the bound there. */
export const withExclusiveBounds = (value: unknown): unknown => rewrite(value, (name, child, node) => {
  for (const [bound, exclusive] of [['minimum', 'exclusiveMinimum'], ['maximum', 'exclusiveMaximum']] as const) {
    if (name === bound && node[exclusive] === true) return [exclusive, child];
    if (name === exclusive && typeof child === 'boolean') return undefined;
  }
  return [name, child];
});
