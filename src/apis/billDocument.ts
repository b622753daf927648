import type { Answer } from '../rest/types';
import type { Store } from '../store/store';
import { billContent } from './billDocument/content';
import { billPage } from './billDocument/page';

/** The printed form of a bill, made from what is kept at the moment of asking: payments that came since are on it. */
export async function billDocument(store: Store, id: string): Promise<Answer> {
  return {
    status: 200, raw: billPage(await billContent(store, id)), contentType: 'text/html;charset=utf-8',
    // The page needs nothing from anywhere and runs nothing.
    headers: { 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" },
  };
}
