import { join } from 'node:path';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'winston';
import { fault } from './domain/fault';
import { refuse, type Engine } from './rest/engine';
import type { Api } from './spec/operation';

export interface Health {
  /** Each dependency's state, and whether all that this process needs is there. */
  ready(): Promise<{ readonly ready: boolean; readonly dependencies: Readonly<Record<string, string>> }>;
}

/** The engine with what stands around it: health, home documents, the served documents and their reading page. No port, no connection. */
export function createApp(engine: Engine, health: Health, log: Logger): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use((_request, response, next) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-cache');
    next();
  });
  app.use(engine);
  app.get('/health/live', (_request, response) => { response.json({ status: 'pass' }); });
  app.get('/health/ready', async (_request, response) => {
    const { ready, dependencies } = await health.ready();
    response.status(ready ? 200 : 503).json({ status: ready ? 'pass' : 'fail', dependencies });
  });
  app.get('/', (_request, response) => { response.json(homeOfAll(engine.apis())); });
  app.use(helmet());
  app.use('/docs/assets', express.static(join(require.resolve('swagger-ui-dist/package.json'), '..'), { index: false, maxAge: '1h' }));
  app.use((request, response, next) => serveDocument(engine, request, response, next));
  app.use((request: Request) => { throw fault('REQ-09', `There is nothing at ${request.path.slice(0, 200)}. GET / lists the APIs.`); });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => refuse(response, error, log, request.get('x-correlation-id') ?? ''));
  return app;
}

const homeOfAll = (apis: readonly Api[]) => ({
  name: 'Trunkline',
  api: apis.map(({ document }) => ({ id: document.raw.info['x-api-id'] ?? document.api, title: document.raw.info.title, version: document.raw.info.version, href: document.basePath, documentation: `${document.basePath}/docs` })),
});

const homeOf = ({ document, resources }: Api) => ({
  id: document.raw.info['x-api-id'] ?? document.api,
  title: document.raw.info.title,
  version: document.raw.info.version,
  _links: {
    self: { href: document.basePath },
    openapi: { href: `${document.basePath}/openapi.json` },
    docs: { href: `${document.basePath}/docs` },
    ...Object.fromEntries(resources.map(({ path, href }) => [path, { href }])),
  },
});

function serveDocument(engine: Engine, request: Request, response: Response, next: NextFunction): void {
  const path = request.path.replace(/\/+$/, '');
  const api = engine.apis().find(({ document }) => path === document.basePath || path.startsWith(`${document.basePath}/`));
  if (!api) {
    next();
    return;
  }
  const rest = path.slice(api.document.basePath.length);
  if (request.method !== 'GET') throw fault('REQ-10', `${path} has no ${request.method}. It has GET.`, { Allow: 'GET' });
  if (rest === '') response.json(homeOf(api));
  else if (rest === '/openapi.json') response.json(api.document.raw);
  else if (rest === '/docs') response.type('html').send(readingPage(api));
  else if (rest === '/docs/start.js') response.type('js').send(`window.ui = SwaggerUIBundle({ url: '${api.document.basePath}/openapi.json', dom_id: '#ui', deepLinking: true, docExpansion: 'list' });`);
  else next();
}

/** Swagger UI from our own files: nothing is fetched from elsewhere. */
const readingPage = ({ document }: Api): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${document.raw.info.title.replace(/[<&]/g, '')}</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"><link rel="icon" href="data:,"></head>
<body><div id="ui"></div><script src="/docs/assets/swagger-ui-bundle.js"></script><script src="${document.basePath}/docs/start.js"></script></body></html>`;
