import type { Refusal } from '../../base/index.ts'
import { fromHex, idText } from '../../codec/index.ts'
import type { Outcome } from '../../team/index.ts'
import type { Cut } from './team-runner.ts'

/** A command of ours that is durable, and the connections that ended because of it. */
export interface Authored {
  readonly team: string
  readonly command: string
  readonly cut: Cut
}

/** What became of it, in the form people know. */
export function authored(team: Uint8Array, outcome: Outcome & { readonly cut: Cut }): Authored | Refusal {
  if (outcome.kind === 'refuse') return { kind: 'refuse', code: outcome.code, data: readable(outcome.data) }
  return { team: idText('team', team), command: idText('cmd', outcome.id), cut: outcome.cut }
}

/** The data of a refusal, with device ids as they are written. */
function readable(data: Refusal['data']): Refusal['data'] {
  const { device } = data
  if (typeof device !== 'string' || !/^[0-9a-f]{64}$/.test(device)) return data
  return { ...data, device: idText('dev', fromHex(device)) }
}
