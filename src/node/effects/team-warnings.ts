import { describe } from '../../base/index.ts'
import { fromHex, idText } from '../../codec/index.ts'
import { whyOut } from '../../team/index.ts'
import type { TeamRunner } from './team-runner.ts'

/** What the operator should know of one team, one line each. `device` is our own id, 32 bytes. */
export function teamWarnings({ replica, team, problems }: TeamRunner, device: Uint8Array): string[] {
  const name = replica.isSynced ? `Team ${JSON.stringify(replica.state.name)}` : `Team ${idText('team', team)}`
  const lines = [...problems].map((problem) => `${name}: ${problem}`)
  const { parked } = replica.waiting()
  if (parked > 0) lines.push(`${name}: ${parked} commands of a newer version wait for an upgrade of this node.`)
  for (const deviceHex of replica.graph.forked())
    lines.push(`${name}: device ${idText('dev', fromHex(deviceHex))} signed two commands in one place. Re-key it.`)
  const out = whyOut(replica, device)
  if (out !== undefined && replica.state.open) {
    const why = out.code === 'ERR_TEAM_NOT_MEMBER' ? 'It was removed.' : describe(out.code, out.data).message
    lines.push(`${name}: this device is not in it any more. ${why}`)
  }
  return lines
}
