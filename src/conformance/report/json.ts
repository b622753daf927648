import type { Result } from '../run';
import { levelsOf } from './summary';

/** The whole result, for programs; requests and answers stand with failures only. */
export const jsonReport = (result: Result): string => `${JSON.stringify({
  baseUrl: result.baseUrl, began: result.began, tookMs: result.tookMs, apis: result.apis, levels: levelsOf(result), left: result.left,
  outcomes: result.outcomes.map(({ rule, api, resource, title, verdict, reason, exchanges, tookMs }) => ({
    rule: rule.id, level: rule.level, api, resource, title, verdict, ...(reason === undefined ? {} : { reason }), ...(verdict === 'failed' ? { fix: rule.fix, exchanges } : {}), tookMs,
  })),
}, undefined, 1)}\n`;
