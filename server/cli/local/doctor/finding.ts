/** The result of one check. */
export interface Finding {
  readonly check: string;
  /** `fault`: the service does not work, or not safely, until it is corrected. */
  readonly status: 'ok' | 'warning' | 'fault';
  readonly finding: string;
  /** What to do; empty where nothing is to be done. */
  readonly cure: string;
}

export const ok = (check: string, finding: string): Finding => ({ check, status: 'ok', finding, cure: '' });

export const warning = (check: string, finding: string, cure: string): Finding => ({
  check,
  status: 'warning',
  finding,
  cure,
});

export const fault = (check: string, finding: string, cure: string): Finding => ({
  check,
  status: 'fault',
  finding,
  cure,
});
