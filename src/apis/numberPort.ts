import { fault } from '../domain/fault';
import type { Behaviour } from '../rest/types';
import type { NumberPort } from '../workers/ordering/porting';

/** Ports of numbers as the clearing house sees them: it brings in those that leave, and reports how all of them go on. */
export const numberPort: Behaviour = {
  async createNumberPort(request, unit, generic) {
    const answer = await generic(request, unit);
    const port = answer.body as NumberPort;
    const msisdn = port.msisdn.replace(/^\+/, '');
    if (!/^\d{6,15}$/.test(msisdn)) throw fault('REQ-02', `msisdn '${port.msisdn.slice(0, 40)}' is not a number. Send its digits with country code.`);
    return { ...answer, body: unit.save('numberPort', { ...port, msisdn }) };
  },
};
