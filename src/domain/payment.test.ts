import fc from 'fast-check';
import { decimal, sum } from './amount';
import type { CustomerBill } from './billRun';
import { applyCredit, pay, refuseCardNumbers, reverse } from './payment';
import type { PaymentDraft } from './payment';

const NOW = new Date('2026-03-05T10:00:00Z');
const euro = (value: number) => ({ unit: 'EUR', value });
const bill = (id: string, billDate: string, due: number, more: Partial<CustomerBill> = {}): CustomerBill =>
  ({ id, billDate, state: 'sent', amountDue: euro(due), remainingAmount: euro(due), appliedPayment: [], ...more });
const payment = (value: number, more: Partial<PaymentDraft> = {}): PaymentDraft => ({ id: 'pay-1', externalReference: 'SEPA-77', amount: euro(value), account: { id: 'a-1' }, ...more });
const MARCH = bill('b-3', '2026-03-02T00:00:00Z', 20);
const FEBRUARY = bill('b-2', '2026-02-02T00:00:00Z', 10.1);
const states = (bills: readonly CustomerBill[]) => bills.map(({ id, state, remainingAmount }) => [id, state, remainingAmount.value]);

describe('a payment', () => {
  it('settles the oldest bill first, then the next in part', () => {
    const { bills, payment: paid } = pay(payment(15.3), [MARCH, FEBRUARY], undefined, NOW);
    expect(states(bills)).toEqual([['b-2', 'settled', 0], ['b-3', 'partiallyPaid', 14.8]]);
    expect(paid).toMatchObject({ status: 'accepted', appliedTo: [{ bill: { id: 'b-2' }, appliedAmount: euro(10.1) }, { bill: { id: 'b-3' }, appliedAmount: euro(5.2) }], unallocatedAmount: euro(0) });
    expect(bills[1]?.appliedPayment).toEqual([{ appliedAmount: euro(5.2), payment: { id: 'pay-1', '@referredType': 'Payment' } }]);
  });

  it('that is too much leaves a credit, which the next bill uses', () => {
    const { payment: paid } = pay(payment(35), [MARCH, FEBRUARY], undefined, NOW);
    expect(paid.unallocatedAmount).toEqual(euro(4.9));
    const next = applyCredit(paid, [bill('b-4', '2026-04-02T00:00:00Z', 30)], NOW);
    expect(states(next.bills)).toEqual([['b-4', 'partiallyPaid', 25.1]]);
    expect(next.payment.unallocatedAmount).toEqual(euro(0));
    expect(applyCredit(next.payment, [MARCH], NOW).bills).toEqual([]);
  });

  it('leaves bills alone that are new, on hold, settled or in another currency', () => {
    const others = [bill('n', '1', 5, { state: 'new' }), bill('h', '1', 5, { state: 'onHold' }), bill('s', '1', 5, { state: 'settled' }), bill('u', '1', 5, { amountDue: { unit: 'USD', value: 5 } })];
    expect(pay(payment(9), others, undefined, NOW)).toMatchObject({ bills: [], payment: { unallocatedAmount: euro(9) } });
  });

  it('with a reference seen before is the first one again, and differing is a 409', () => {
    const { payment: first } = pay(payment(15), [FEBRUARY], undefined, NOW);
    expect(pay(payment(15, { id: 'pay-2' }), [MARCH], first, NOW)).toEqual({ payment: first, bills: [] });
    expect(() => pay(payment(16), [MARCH], first, NOW)).toThrow(expect.objectContaining({ code: 'PAY-02', status: 409 }));
    expect(() => pay(payment(15, { account: { id: 'a-2' } }), [MARCH], first, NOW)).toThrow(expect.objectContaining({ code: 'PAY-02' }));
  });

  it.each([0, -1, 1.001])('of %d is a 400', (value) => {
    expect(() => pay(payment(value), [], undefined, NOW)).toThrow(expect.objectContaining({ code: 'AMT-01', status: 400 }));
  });

  it('never pays more than it has nor more than is due, and loses nothing', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 20000 }), fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 6 }), (cents, dues) => {
      const { payment: paid, bills } = pay(payment(cents / 100), dues.map((due, index) => bill(`b-${index}`, `2026-0${index + 1}`, due / 100)), undefined, NOW);
      const applied = sum((paid.appliedTo ?? []).map(({ appliedAmount }) => decimal(appliedAmount.value)));
      expect(applied.plus(paid.unallocatedAmount?.value ?? 0).toNumber()).toBe(cents / 100);
      for (const { remainingAmount } of bills) expect(remainingAmount.value).toBeGreaterThanOrEqual(0);
    }));
  });
});

describe('a payment taken back', () => {
  it('reopens its bills by its part, once', () => {
    const other = bill('b-2', '2026-02-02T00:00:00Z', 10.1, { state: 'partiallyPaid', appliedPayment: [{ appliedAmount: euro(4), payment: { id: 'pay-0' } }] });
    const paid = pay(payment(26.1), [MARCH, other], undefined, NOW);
    expect(states(paid.bills)).toEqual([['b-2', 'settled', 0], ['b-3', 'settled', 0]]);
    const back = reverse(paid.payment, paid.bills, 'chargeback', NOW);
    expect(states(back.bills)).toEqual([['b-2', 'partiallyPaid', 6.1], ['b-3', 'sent', 20]]);
    expect(back.payment).toMatchObject({ status: 'reversed', description: 'chargeback', unallocatedAmount: euro(0) });
    expect(reverse(back.payment, back.bills, 'chargeback', NOW).bills).toEqual([]);
    expect(applyCredit(back.payment, [MARCH], NOW).bills).toEqual([]);
  });
});

describe('a card number', () => {
  it.each(['4111 1111 1111 1111', '4111-1111-1111-1111', 'paid with 5500005555555559.', '378282246310005', '4222222222222'])('in "%s" is refused wherever it stands', (text) => {
    expect(() => pay({ ...payment(5), description: text }, [], undefined, NOW)).toThrow(expect.objectContaining({ code: 'PAY-01', status: 422 }));
    expect(() => refuseCardNumbers({ paymentMethod: { details: [{ note: text }] } })).toThrow('paymentMethod.details.0.note');
  });

  it.each(['4111 1111 1111 1112', 'invoice 2026-03-05', '411111111111', '0000000000000000', '41111111111111111111', 'DE89370400440532013000'])('is not seen in "%s"', (text) => {
    expect(() => refuseCardNumbers({ description: text })).not.toThrow();
  });

  it('is not looked for in identifiers', () => {
    expect(() => refuseCardNumbers({ id: '4111111111111111', externalReference: '5500005555555559', account: { id: '378282246310005' } })).not.toThrow();
    expect(() => refuseCardNumbers({ description: 'see 41111111-1111-1111-1111-111111111111' })).not.toThrow();
  });

  it('is not repeated in the refusal', () => {
    expect(() => refuseCardNumbers({ name: '4111111111111111' })).toThrow(expect.objectContaining({ message: expect.not.stringContaining('4111') }));
  });
});
