const { readFileSync } = require('node:fs');

/** Milliseconds of processor time that a process has used, in steps of 10; NaN when it has gone, or where there is no /proc. */
exports.cpuMs = (pid) => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return NaN;
  }
};
