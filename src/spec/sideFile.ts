import { parse as parseYaml } from 'yaml';
import type { ResourceFacts } from './document';

/** What a document cannot say of itself; stands beside it as `<version>.resources.yaml`. All of it may be left out. */
export interface SideFile {
  readonly basePath?: string;
  /** By the name of the resource's schema, or of its path. */
  readonly resources: Readonly<Record<string, ResourceFacts>>;
}

const FACTS = ['collection', 'state', 'initial', 'events', 'indexes'];
const NOTHING: SideFile = { resources: {} };

/**
 * Reads `{basePath, resources: {ProductOrder: {collection, state, initial, events, indexes}}}` in YAML or JSON.
 * @throws Error that names the place
 */
export function readSideFile(text: string | undefined): SideFile {
  if (text === undefined || text.trim() === '') return NOTHING;
  const content = parseYaml(text) as unknown;
  if (!isObject(content)) throw new Error('the side file is no object: write basePath and resources');
  for (const name of Object.keys(content)) if (name !== 'basePath' && name !== 'resources') throw new Error(`the side file has '${name}'. Known are basePath and resources`);
  const { basePath, resources = {} } = content;
  if (basePath !== undefined && (typeof basePath !== 'string' || !/^(\/[\w.~-]+)+$/.test(basePath))) throw new Error(`basePath of the side file is ${JSON.stringify(basePath)}. Write a path such as /tmf-api/partyManagement/v4`);
  if (!isObject(resources)) throw new Error('resources of the side file is no object');
  for (const [name, facts] of Object.entries(resources)) checkFacts(name, facts);
  return { ...(basePath === undefined ? {} : { basePath }), resources: resources as Record<string, ResourceFacts> };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function checkFacts(name: string, facts: unknown): void {
  const place = `resources.${name} of the side file`;
  if (!isObject(facts)) throw new Error(`${place} is no object`);
  for (const [key, value] of Object.entries(facts)) {
    if (!FACTS.includes(key)) throw new Error(`${place} has '${key}'. Known are ${FACTS.join(', ')}`);
    const isList = key === 'events' || key === 'indexes';
    const right = isList ? Array.isArray(value) && value.every((one) => typeof one === 'string') : typeof value === 'string';
    if (!right) throw new Error(`${key} in ${place} must be ${isList ? 'a list of texts' : 'a text'}`);
    if (key === 'collection' && !/^[A-Za-z][\w.-]{0,100}$/.test(String(value))) throw new Error(`collection in ${place} must begin with a letter and have letters, digits, dots and dashes only`);
  }
}
