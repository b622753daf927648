import { Fault } from './fault';
import { changeState, checkReachable, lifecycles, mayBecome, pathTo, sameStates } from './lifecycle';
import type { Lifecycle } from './lifecycle';

const of = (resource: string) => lifecycles[resource]!;
const moves = (lifecycle: Lifecycle) => Object.entries(lifecycle.states).flatMap(([from, { to }]) => to.map((target) => `${from} -> ${target}`));

describe('every lifecycle', () => {
  it.each(Object.keys(lifecycles))('%s: each state can be reached and each move leads into the table', (resource) => {
    expect(checkReachable(of(resource))).toEqual([]);
  });

  it.each([
    ['ProductOrder', ['acknowledged', 'rejected', 'pending', 'held', 'inProgress', 'cancelled', 'completed', 'failed', 'partial', 'assessingCancellation', 'pendingCancellation']],
    ['ProductOrderItem', ['acknowledged', 'rejected', 'pending', 'held', 'inProgress', 'cancelled', 'completed', 'failed', 'assessingCancellation', 'pendingCancellation']],
    ['CancelProductOrder', ['acknowledged', 'terminatedWithError', 'inProgress', 'done']],
    ['Usage', ['received', 'rejected', 'recycled', 'guided', 'rated', 'rerated', 'billed']],
    ['Bucket', ['active', 'suspended', 'expired']],
    ['TopupBalance', ['created', 'failed', 'cancelled', 'completed']],
    ['CustomerBill', ['new', 'onHold', 'validated', 'sent', 'partiallyPaid', 'settled']],
    ['CustomerBillOnDemand', ['inProgress', 'rejected', 'done', 'terminatedWithError']],
    ['Product', ['created', 'pendingActive', 'cancelled', 'active', 'pendingTerminate', 'terminated', 'suspended', 'aborted ']],
  ])('%s names the states of the official enum', (resource, values) => {
    expect(sameStates(values, of(resource))).toEqual([]);
  });

  it('usage moves as the published diagram says and no other way', () => {
    expect(moves(of('Usage')).sort()).toEqual([
      'guided -> rated', 'guided -> rejected', 'rated -> billed', 'rated -> rerated', 'received -> guided', 'received -> rejected',
      'recycled -> guided', 'recycled -> rejected', 'rejected -> recycled', 'rerated -> rated',
    ]);
  });
});

describe('a change of state', () => {
  it('to the state it already has changes nothing, even when that is final', () => {
    expect(changeState(of('Usage'), 'billed', 'billed')).toBe('billed');
  });

  it('outside the table is a 409 that names the allowed targets', () => {
    const refused = () => changeState(of('CustomerBill'), 'validated', 'settled', 'customerBill');
    expect(refused).toThrow(Fault);
    expect(refused).toThrow("From 'validated' it may become sent, onHold.");
    try { refused(); } catch (error) { expect(error).toMatchObject({ code: 'STA-01', status: 409 }); }
  });

  it('from a final state says that it is final', () => {
    expect(() => changeState(of('TopupBalance'), 'completed', 'cancelled', 'topupBalance')).toThrow("'completed' is final");
  });

  it('of a catalogue entry follows the table, and leaves free text alone', () => {
    expect(mayBecome(of('ProductOffering'), 'In study', 'Launched')).toBe(false);
    expect(mayBecome(of('ProductOffering'), 'In test', 'Rejected')).toBe(true);
    expect(mayBecome(of('ProductOffering'), 'Launched', 'Sold out')).toBe(true);
    expect(mayBecome(of('ProductOffering'), 'Sold out', 'In study')).toBe(true);
  });

  it('to an unknown state is refused where the states are an enum', () => {
    expect(mayBecome(of('Bucket'), undefined, 'frozen')).toBe(false);
    expect(() => changeState(of('Bucket'), undefined, 'frozen')).toThrow('active, suspended, expired');
  });

  it('takes a name every object carries for what it is: an unknown state', () => {
    expect(mayBecome(of('Bucket'), undefined, 'constructor')).toBe(false);
    expect(mayBecome(of('ProductOffering'), 'constructor', 'Active')).toBe(true);
  });

  it('goes the shortest way: a held order that completes passes inProgress', () => {
    expect(pathTo(of('ProductOrder'), 'held', 'completed')).toEqual(['inProgress', 'completed']);
    expect(pathTo(of('ProductOrder'), 'completed', 'held')).toBeUndefined();
    expect(pathTo(of('ProductOrder'), 'held', 'held')).toEqual([]);
  });
});

describe('a table with a fault', () => {
  const broken: Lifecycle = { initial: ['a'], states: { a: { to: ['x'] }, b: { to: [] } } };

  it('is found out: a state never reached, a move to nowhere', () => {
    expect(checkReachable(broken)).toEqual(["'b' is never reached", "'x' is not in the table"]);
  });

  it('is held against the enum of the document', () => {
    expect(sameStates(['a', 'c'], broken)).toEqual(["'c' is in the document but not in the table", "'b' is in the table but not in the document"]);
  });
});
