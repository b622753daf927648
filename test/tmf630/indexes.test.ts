import { parseListQuery, totalOrder } from '../../src/rest/query';
import type { Resource } from '../../src/spec/operation';
import type { Kind, Shape } from '../../src/spec/shape';
import { startServer, type TestServer } from '../setup/server';

let server: TestServer;
beforeAll(async () => { server = await startServer({ roles: 'api' }); });
afterAll(() => server.stop());

const VALUES: Readonly<Record<Kind, (at: number) => unknown>> = {
  string: (at) => `t${at}`, number: (at) => at + 0.5, double: (at) => at + 0.5, integer: (at) => at, boolean: (at) => at % 2 === 0, dateTime: (at) => `2026-01-${String(1 + at % 28).padStart(2, '0')}T00:00:00.000Z`,
  date: (at) => `2026-01-${String(1 + at % 28).padStart(2, '0')}`, object: () => ({}), any: (at) => `t${at}`,
};

const ANY: Shape = { kind: 'any', many: false, attributes: () => new Map() };

/** What is below an attribute of any type is of any type. */
function childOf(shape: Shape, name: string): Shape {
  const child = shape.attributes().get(name);
  if (!child && shape.kind !== 'any') throw new Error(`no attribute ${name}`);
  return child ?? ANY;
}

/** A part of a document with a value under the path, in lists where the document has lists. */
function holding(shape: Shape, [name, ...rest]: readonly string[], at: number): Record<string, unknown> {
  const child = childOf(shape, name!);
  const value = child.enum ? child.enum[at % child.enum.length] : rest.length > 0 ? holding(child, rest, at) : VALUES[child.kind](at);
  return { [name!]: child.many ? [value] : value };
}

function kindAt(shape: Shape, path: readonly string[]): Shape {
  return path.reduce(childOf, shape);
}

const plan = (explained: unknown): string => /"winningPlan":(.*?),"rejectedPlans"/.exec(JSON.stringify(explained))?.[1] ?? '';

const ROWS = 40;

it('every index that a document declares serves equality and order of its attribute', async () => {
  const wrong: string[] = [];
  let checked = 0;
  const collections = new Map<string, Resource>();
  for (const resource of server.engine.apis().flatMap((api) => api.resources)) if (resource.indexes.length > 0) collections.set(`${resource.api} ${resource.collection}`, resource);
  for (const resource of collections.values()) {
    const collection = server.store.database.collection(resource.collection);
    for (const path of resource.indexes) {
      const names = path.split('.');
      await server.store.run(async (unit) => {
        for (let at = 0; at < ROWS; at += 1) unit.save(resource.collection, { id: `${path}-${at}`, ...holding(resource.shape, names, at) }, { events: [] });
      });
      const { kind, enum: values } = kindAt(resource.shape, names);
      const value = values ? values[0] : VALUES[kind](7);
      for (const query of [`${path}=${encodeURIComponent(String(value))}`, `sort=${path}`, `sort=-${path}`]) {
        const { filter, sort } = parseListQuery(query, resource);
        const explained = await collection.find(filter as object).sort(Object.fromEntries(totalOrder(sort))).limit(20).explain('queryPlanner');
        checked += 1;
        const winning = plan(explained);
        if (!winning.includes('"IXSCAN"') || winning.includes('"COLLSCAN"') || (query.startsWith('sort') && winning.includes('"SORT"'))) wrong.push(`${resource.name}: ${query}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(checked).toBeGreaterThan(150);
});

it('every resource with a life cycle has an index for its state', () => {
  const lacking = server.engine.apis().flatMap((api) => api.resources).filter(({ state, indexes }) => state !== undefined && !indexes.includes(state));
  expect(lacking.map(({ name, state }) => `${name}.${state}`)).toEqual([]);
});
