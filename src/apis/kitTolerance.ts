import type { ApiDocument, OpenApi, SchemaNode } from '../spec/document';

const ACTIONS = ['TopupBalance', 'AdjustBalance', 'TransferBalance', 'ReserveBalance'];

type Schemas = Record<string, SchemaNode & { properties?: Record<string, SchemaNode> }>;

/**
 * The TMF654 document as TM Forum's own conformance kit takes it to be: POST /bucket exists, the required lists of the actions'
 * bodies do not bind, and the product of an adjustment may be one object. It is this document that is served then, so that what it
 * says stays true. Other documents come back as they are.
 */
export function kitTolerant(document: ApiDocument): ApiDocument {
  if (document.api !== 'tmf654') return document;
  const raw = structuredClone(document.raw) as OpenApi & { components: { schemas: Schemas }; paths: Record<string, Record<string, object>> };
  const { schemas } = raw.components;
  for (const action of ACTIONS) {
    for (const body of [`${action}_Create`, `${action}_Update`]) schemas[body] = withoutRequired(schemas[body] ?? {});
  }
  schemas['Bucket_Create'] = {
    type: 'object', description: 'Body of a request for a bucket, which the conformance kit makes by itself. What is missing is filled in by the server.',
    properties: pick(schemas['Bucket']?.properties, ['usageType', 'name', 'description', 'isShared', 'validFor', 'product', 'logicalResource', 'partyAccount', 'relatedParty', '@type', '@baseType', '@schemaLocation']),
  };
  const adjustment = schemas['AdjustBalance_Attributes']?.properties;
  if (adjustment?.['product']) adjustment['product'] = { description: adjustment['product'].description ?? '', oneOf: [withoutDescription(adjustment['product']), { $ref: '#/components/schemas/ProductRef' }] };
  raw.paths['/bucket'] = { ...raw.paths['/bucket'], post: createBucket(raw.paths['/topupBalance']?.['post'] as object) };
  return { ...document, raw };
}

function withoutRequired(schema: SchemaNode): SchemaNode {
  const { required: _, ...rest } = schema;
  return rest;
}

function withoutDescription(schema: SchemaNode): SchemaNode {
  const { description: _, ...rest } = schema;
  return rest;
}

const pick = (properties: Readonly<Record<string, SchemaNode>> = {}, names: readonly string[]) =>
  Object.fromEntries(names.flatMap((name) => (properties[name] ? [[name, properties[name]]] : [])));

/** As creating a top-up is described, with the bucket's schemas. */
function createBucket(model: object): object {
  const node = JSON.parse(JSON.stringify(model).replaceAll('TopupBalance_Create', 'Bucket_Create').replaceAll('#/components/schemas/TopupBalance"', '#/components/schemas/Bucket"')) as object;
  return { ...node, operationId: 'createBucket', tags: ['bucket'], summary: 'Create a bucket', description: 'Opens an empty bucket. Only where the conformance kit is tolerated (KIT_TOLERANCE=true): buckets come from orders, allowances and top-ups.' };
}
