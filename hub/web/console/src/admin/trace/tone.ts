import type { TraceLine } from '../../api/healthTypes'

const BAD = ['failed', 'rejected', 'unknown']
const WARN = ['deferred', 'stopped', 'report', 'off']

/** Whether a line says that something went wrong: colour beside its words, never instead of them. */
export function toneOf(line: TraceLine): 'bad' | 'warn' | undefined {
  const said = [line.data['state'], line.data['outcome'], line.what === 'signature' ? line.data['result'] : null].map(String)
  if (said.some((one) => BAD.includes(one))) return 'bad'
  return said.some((one) => WARN.includes(one)) ? 'warn' : undefined
}
