import type Ajv from 'ajv';
import type { ValidateFunction } from 'ajv';
import * as metaSchema from 'express-openapi-validator/dist/framework/openapi.schema.validator';
import { SchemaPreprocessor } from 'express-openapi-validator/dist/middlewares/parsers/schema.preprocessor';
import * as compiling from 'express-openapi-validator/dist/middlewares/util';
import { resolve, type OpenApi, type SchemaNode } from '../spec/document';
import { rewrite } from './looser';

/**
 * Three costs of express-openapi-validator that no setting spares; together they are nine of the ten seconds that our documents take.
 * It compiles the schema of OpenAPI itself for each document, even when told not to hold documents to it; it compiles what a reference
 * names in order to look at it; and it copies all components into the schema of each body, so that what several bodies have is
 * compiled for each anew. Its version is pinned.
 */
export function cheapen(): void {
  Object.assign(metaSchema, { OpenAPISchemaValidator: class { readonly validate = () => ({ errors: [] }); } });
  Object.assign(SchemaPreprocessor.prototype, {
    resolveSchema(this: { readonly apiDoc: OpenApi }, node: SchemaNode | undefined) { return node ? resolve(this.apiDoc, node) : null; },
  });
  Object.assign(compiling, { useAjvCache: compile });
}

interface Whole {
  readonly paths: unknown;
  readonly components: unknown;
}

type Compiled = Map<string, ValidateFunction>;

/** What has been compiled of a document, by what stands in the schema beside the document. */
const compiledBy = new WeakMap<Ajv, Compiled>();

/** Compiles a body's schema against the document as one schema of its own, whose parts are compiled once. */
function compile(ajv: Ajv, { paths, components, ...own }: Whole): ValidateFunction {
  const compiled = compiledBy.get(ajv) ?? begin(ajv, { paths, components });
  const schema = rewrite(own, (name, child) => [name, name === '$ref' && typeof child === 'string' && child.startsWith('#/') ? `doc${child}` : child]) as object;
  const key = JSON.stringify(schema);
  const found = compiled.get(key) ?? ajv.compile(schema);
  compiled.set(key, found);
  return found;
}

function begin(ajv: Ajv, document: Whole): Compiled {
  const compiled: Compiled = new Map<string, ValidateFunction>();
  compiledBy.set(ajv, compiled);
  ajv.addSchema(document, 'doc');
  return compiled;
}
