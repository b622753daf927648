import type { Behaviour } from '../rest/types';
import { billCredit } from './billCredit';
import { billPrinting } from './customerBill';
import { billRun } from './billRun';
import { payment } from './payment';

/** What TM Forum's bill API lacks: runs, money, credits and paper. */
export const billing: Behaviour = { ...billRun, ...billCredit, ...billPrinting, ...payment };
