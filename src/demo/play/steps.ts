import type { Step } from '../generate/steps';
import type { Doer, Doing } from './doing';
import { customer, order, port, portOut, topup, wait } from './ordering';
import { acceptFile, billOnDemand, billRun, lineList, payment, reconciliation, recovery, statement, usageFile, wholesaleFile } from './settling';

const DOERS: { readonly [S in Step['step']]: Doer<S> } = {
  order, topup, port, portOut, customer, wait, usageFile, billRun, billOnDemand, payment, wholesaleFile, acceptFile, lineList, statement, reconciliation, recovery,
};

/** What the bar says of a step. */
export const LABELS: { readonly [S in Step['step']]: string } = {
  order: 'order', topup: 'top-up', port: 'number ported in', portOut: 'number ported out', customer: 'customer suspended', wait: 'renewals', usageFile: 'usage file', billRun: 'bill run',
  billOnDemand: 'further bills', payment: 'payments', wholesaleFile: 'wholesale file', acceptFile: 'file accepted', lineList: 'list of SIMs', statement: 'statement',
  reconciliation: 'reconciliation', recovery: 'recovery',
};

/** Does a step through the product's APIs; done again it changes nothing. */
export const doStep = (step: Step, doing: Doing): Promise<void> => (DOERS[step.step] as (one: Step, given: Doing) => Promise<void>)(step, doing);
