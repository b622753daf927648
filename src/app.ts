import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import express, { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'winston';
import { fault } from './domain/fault';
import { COMMON_HEADERS, correlationOf, refuse, type Engine } from './rest/engine';
import type { Api } from './spec/operation';

export interface Health {
  /** Each dependency's state, and whether all that this process needs is there. */
  ready(): Promise<{ readonly ready: boolean; readonly dependencies: Readonly<Record<string, string>> }>;
}

/**
 * The engine with what stands around it: health, home documents, the served documents and their reading page. No port, no connection.
 * The engine comes before Express, which would cost a read as much again as all the rest. Where the public address has a path, all of it
 * is there too, whether a proxy has taken that path off or not.
 */
export function createApp(engine: Engine, health: Health, log: Logger, publicUrl: string): RequestListener {
  const app = express();
  const prefix = new URL(publicUrl).pathname.replace(/\/+$/, '');
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use((_request, response, next) => {
    response.set(COMMON_HEADERS);
    next();
  });
  app.get('/health/live', (_request, response) => { response.json({ status: 'pass' }); });
  app.get('/health/ready', async (_request, response) => {
    const { ready, dependencies } = await health.ready();
    response.status(ready ? 200 : 503).json({ status: ready ? 'pass' : 'fail', dependencies });
  });
  app.get('/', (_request, response) => { response.json(homeOfAll(engine.apis(), prefix)); });
  app.get('/.well-known/api-catalog', (_request, response) => {
    response.type('application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"').send(JSON.stringify(catalogOf(engine.apis(), publicUrl)));
  });
  app.use(helmet());
  app.use('/docs/assets', express.static(join(require.resolve('swagger-ui-dist/package.json'), '..'), { index: false, maxAge: '1h' }));
  app.use((request, response, next) => serveDocument(engine, prefix, { request, response, next }));
  app.use((request: Request) => { throw fault('REQ-09', `There is nothing at ${request.path.slice(0, 200)}. GET / lists the APIs.`); });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => refuse(response, error, log, correlationOf(request)));
  return (request, response) => {
    if (prefix !== '' && request.url?.startsWith(`${prefix}/`) === true) request.url = request.url.slice(prefix.length);
    engine(request, response, () => { app(request as Request, response as Response); });
  };
}

/** Where the APIs are, described and explained (RFC 9727). */
const catalogOf = (apis: readonly Api[], publicUrl: string) => ({
  linkset: apis.map(({ document: { basePath, raw } }) => ({
    'anchor': `${publicUrl}${basePath}`,
    'service-desc': [{ href: `${publicUrl}${basePath}/openapi.json`, type: 'application/json', title: raw.info.title }],
    'service-doc': [{ href: `${publicUrl}${basePath}/docs`, type: 'text/html' }],
    'status': [{ href: `${publicUrl}/health/ready`, type: 'application/json' }],
  })),
});

const homeOfAll = (apis: readonly Api[], prefix: string) => ({
  name: 'Trunkline',
  api: apis.map(({ document }) => ({ id: document.raw.info['x-api-id'] ?? document.api, title: document.raw.info.title, version: document.raw.info.version, href: `${prefix}${document.basePath}`, documentation: `${prefix}${document.basePath}/docs` })),
});

const homeOf = ({ document, resources }: Api, prefix: string) => ({
  id: document.raw.info['x-api-id'] ?? document.api,
  title: document.raw.info.title,
  version: document.raw.info.version,
  _links: {
    self: { href: `${prefix}${document.basePath}` },
    openapi: { href: `${prefix}${document.basePath}/openapi.json` },
    docs: { href: `${prefix}${document.basePath}/docs` },
    ...Object.fromEntries(resources.map(({ path, href }) => [path, { href: `${prefix}${href}` }])),
  },
});

interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly next: NextFunction;
}

function serveDocument(engine: Engine, prefix: string, { request, response, next }: Exchange): void {
  const path = request.path.replace(/\/+$/, '');
  const api = engine.apis().find(({ document }) => path === document.basePath || path.startsWith(`${document.basePath}/`));
  if (!api) {
    next();
    return;
  }
  const rest = path.slice(api.document.basePath.length);
  if (request.method !== 'GET') throw fault('REQ-10', `${path} has no ${request.method}. It has GET.`, { Allow: 'GET' });
  if (rest === '') response.json(homeOf(api, prefix));
  else if (rest === '/openapi.json') response.json(prefix === '' ? api.document.raw : { ...api.document.raw, servers: [{ url: `${prefix}${api.document.basePath}` }] });
  else if (rest === '/docs') response.type('html').send(readingPage(api, prefix));
  else if (rest === '/docs/start.js') response.type('js').send(`window.ui = SwaggerUIBundle({ url: '${prefix}${api.document.basePath}/openapi.json', dom_id: '#ui', deepLinking: true, docExpansion: 'list' });`);
  else next();
}

/** Swagger UI from our own files: nothing is fetched from elsewhere. */
const readingPage = ({ document }: Api, prefix: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${document.raw.info.title.replace(/[<&]/g, '')}</title>
<link rel="stylesheet" href="${prefix}/docs/assets/swagger-ui.css"><link rel="icon" href="data:,"></head>
<body><div id="ui"></div><script src="${prefix}/docs/assets/swagger-ui-bundle.js"></script><script src="${prefix}${document.basePath}/docs/start.js"></script></body></html>`;
