import { createHash } from 'node:crypto';
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';
import Ajv2019 from 'ajv/dist/2019';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { fault } from '../../domain/fault';
import { dialectOf, fromDraft04, pointedAt, propertiesOf, requiredIn, shapeOfJson, type JsonSchema } from '../../spec/jsonSchema';
import type { Shape } from '../../spec/shape';
import { FORMATS } from '../formats';

/** A registered schema as it is kept: the JSON Schema as text, since its names ($ref, a.b) could not be attributes. */
export interface ExtensionSchema {
  readonly id: string;
  readonly name?: string;
  readonly appliesTo?: readonly string[];
  readonly schema: string;
}

/** What a schema adds to the objects that name it. */
export interface Extension {
  readonly id: string;
  /** Types, with the path for objects within one, that may name it; all when empty. */
  readonly appliesTo: readonly string[];
  readonly attributes: ReadonlyMap<string, Shape>;
  readonly required: ReadonlySet<string>;
  /** The first place where the added attributes do not fit, with what would. */
  check(additions: object): string | undefined;
}

const MOST_CHARACTERS = 262_144;
const MOST_REFERENCES = 20;

const refused = (id: string, why: string) => fault('EXT-01', `The extension schema '${id.slice(0, 120)}' ${why}`);

interface Parsed {
  readonly root: JsonSchema & { readonly $id: string };
  readonly dialect: 'draft-07' | '2019-09' | '2020-12';
}

/** @throws Fault EXT-01 */
function parse({ id, schema: text }: ExtensionSchema): Parsed {
  if (text.length > MOST_CHARACTERS) throw refused(id, `has ${text.length} characters; at most ${MOST_CHARACTERS} are taken.`);
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    throw refused(id, 'is not JSON.');
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw refused(id, 'is not an object, as in {"type": "object", "properties": {...}}.');
  const dialect = dialectOf(schema as JsonSchema);
  if (dialect === undefined) throw refused(id, 'names a $schema that is not read here. Use draft-04, 06, 07, 2019-09 or 2020-12.');
  const { $schema: _, ...rest } = (dialect === 'draft-04' ? fromDraft04(schema) : schema) as Record<string, unknown>;
  const own = rest['$id'];
  return { root: { ...rest, $id: typeof own === 'string' && own !== '' ? own.replace(/#$/, '') : id }, dialect: dialect === 'draft-04' ? 'draft-07' : dialect };
}

/** Addresses of other schemas that a schema refers to, without their fragments. */
export function referencesOf(kept: ExtensionSchema): string[] {
  const { root } = parse(kept);
  const own = new Set<string>([kept.id]);
  const named = new Set<string>();
  const walk = (node: unknown, base: string): void => {
    if (Array.isArray(node)) for (const item of node) walk(item, base);
    else if (typeof node === 'object' && node !== null) {
      const { $id, $ref } = node as { $id?: unknown; $ref?: unknown };
      const here = typeof $id === 'string' ? absolute($id, base) : base;
      own.add(here);
      if (typeof $ref === 'string' && !$ref.startsWith('#')) named.add(absolute($ref, here));
      for (const child of Object.values(node)) walk(child, here);
    }
  };
  walk(root, root.$id);
  const others = [...named].filter((one) => !own.has(one));
  if (others.length > MOST_REFERENCES) throw refused(kept.id, `refers to ${others.length} other schemas; at most ${MOST_REFERENCES} are taken.`);
  return others;
}

const absolute = (ref: string, base: string): string => (URL.canParse(ref, base) ? new URL(ref, base).href : ref).replace(/#.*$/, '');

/** Patterns run in linear time, whatever they are. */
const linear = Object.assign((pattern: string) => {
  const compiled = RE2JS.compile(pattern);
  // Ajv knows patterns apart by their text.
  return { test: (text: string) => compiled.matcher(text).find(), toString: () => `/${pattern}/` };
}, { code: 'RE2JS' });

function ajvFor(dialect: Parsed['dialect']): Ajv {
  const Dialect = dialect === '2020-12' ? Ajv2020 : dialect === '2019-09' ? Ajv2019 : Ajv;
  const ajv = new Dialect({ strict: false, allErrors: false, validateFormats: true, logger: false, addUsedSchema: false, code: { regExp: linear } });
  addFormats(ajv);
  for (const [name, validate] of Object.entries(FORMATS)) ajv.addFormat(name, name === 'float' ? true : validate);
  return ajv;
}

const compiled = new Map<string, Extension>();
const MOST_COMPILED = 500;

/**
 * The extension that a registered schema, or the part of it that the fragment names, stands for.
 * @param others the registered schemas that it refers to
 * @throws Fault EXT-01 that says what is wrong with the schema
 */
export function compileExtension(kept: ExtensionSchema, fragment = '', others: readonly ExtensionSchema[] = []): Extension {
  const key = createHash('sha256').update(JSON.stringify([kept.id, kept.appliesTo, kept.schema, fragment, others.map(({ id, schema }) => [id, schema])])).digest('base64');
  const held = compiled.get(key);
  if (held) return held;
  const extension = compileAnew(kept, fragment, others);
  if (compiled.size >= MOST_COMPILED) compiled.delete(compiled.keys().next().value!);
  compiled.set(key, extension);
  return extension;
}

function compileAnew(kept: ExtensionSchema, fragment: string, others: readonly ExtensionSchema[]): Extension {
  const { root, dialect } = parse(kept);
  const node = pointedAt(root, fragment);
  if (!node) throw refused(kept.id, `has nothing at '${fragment.slice(0, 80)}'.`);
  const byId = new Map(others.map((other) => [other.id, parse(other).root]));
  const validate = validatorOf(kept.id, dialect, root, fragment, byId);
  const follow = (ref: string): JsonSchema | undefined => {
    const [front = '', back = ''] = ref.split('#');
    const target = front === '' ? root : byId.get(absolute(front, root.$id)) ?? (absolute(front, root.$id) === root.$id ? root : undefined);
    return target && pointedAt(target, back);
  };
  const attributes = new Map([...propertiesOf(node, follow)].map(([name, child]) => [name, shapeOfJson(child, follow)]));
  return { id: kept.id, appliesTo: kept.appliesTo ?? [], attributes, required: requiredIn(node, follow), check: (additions) => firstFault(kept.id, validate, additions) };
}

function validatorOf(id: string, dialect: Parsed['dialect'], root: Parsed['root'], fragment: string, others: ReadonlyMap<string, Parsed['root']>): ValidateFunction {
  try {
    const ajv = ajvFor(dialect);
    for (const [other, schema] of others) ajv.addSchema(schema.$id === other ? schema : { ...schema, $id: other });
    ajv.addSchema(root);
    return ajv.compile({ $ref: `${root.$id}${fragment === '' || fragment === '#' ? '' : fragment}` });
  } catch (error) {
    throw refused(id, `is not a schema that can be used: ${(error as Error).message.slice(0, 200)}.`);
  }
}

function firstFault(id: string, validate: ValidateFunction, additions: object): string | undefined {
  try {
    if (validate(additions)) return undefined;
  } catch (error) {
    // A schema that refers to itself without end.
    throw refused(id, `cannot be applied: ${(error as Error).message.slice(0, 120)}.`);
  }
  const [first] = validate.errors ?? [];
  return first ? sentence(first) : 'does not fit';
}

const sentence = ({ instancePath, message = 'does not fit', params }: ErrorObject): string => {
  const { allowedValues, additionalProperty } = params as { allowedValues?: unknown[]; additionalProperty?: string };
  const more = allowedValues ? ` (${allowedValues.slice(0, 10).join(', ')})` : additionalProperty !== undefined ? ` ('${additionalProperty}')` : '';
  return `${instancePath.slice(1).replace(/\//g, '.')} ${message}${more}`.trim();
};
