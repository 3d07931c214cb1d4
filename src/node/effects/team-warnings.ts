import { describe } from '../../base/index.ts'
import { fromHex, idText, toHex } from '../../codec/index.ts'
import { rotationPending, sealingEpoch, whyOut } from '../../team/index.ts'
import type { TeamRunner } from './team-runner.ts'

/** What the operator should know of one team, one line each. `device` is our own id, 32 bytes. */
export function teamWarnings(runner: TeamRunner, device: Uint8Array): string[] {
  const { replica, team, problems } = runner
  const name = replica.isSynced ? `Team ${JSON.stringify(replica.state.name)}` : `Team ${idText('team', team)}`
  const lines = [...problems].map((problem) => `${name}: ${problem}`)
  const { parked } = replica.waiting()
  if (parked > 0) lines.push(`${name}: ${parked} commands of a newer version wait for an upgrade of this node.`)
  const what = replica.failure()
  if (what !== undefined) lines.push(`${name}: ${failureWarning(what)}`)
  for (const deviceHex of replica.graph.forked())
    lines.push(`${name}: ${forkWarning(idText('dev', fromHex(deviceHex)), replica.lostInForks(deviceHex))}`)
  lines.push(...epochWarnings(runner, device).map((line) => `${name}: ${line}`))
  const out = whyOut(replica, device)
  if (out !== undefined && replica.state.open) {
    const why = out.code === 'ERR_TEAM_NOT_MEMBER' ? 'It was removed.' : describe(out.code, out.data).message
    lines.push(`${name}: this device is not in it any more. ${why}`)
  }
  return lines
}

/** What the operator should know of a device that forked: what it costs, and what to do. */
export function forkWarning(device: string, lost: number): string {
  const { message, hint } = describe('ERR_TEAM_FORKED', { device, lost })
  return `${message} ${hint ?? ''}`
}

/** That the commands of a team cannot be resolved. */
export function failureWarning(what: string): string {
  const { message, hint } = describe('ERR_TEAM_INTERNAL', { kind: 'resolution', what })
  return `${message} ${hint ?? ''}`
}

/** Where nothing can be sealed for the team, or not by this device. */
function epochWarnings({ replica, secrets }: TeamRunner, device: Uint8Array): string[] {
  const { state } = replica
  if (!state.open || !state.members.has(toHex(device))) return []
  if (rotationPending(state)) return ['its epoch key must be rotated; nothing is sealed for it until then.']
  const epoch = sealingEpoch(state)
  if (epoch === undefined || secrets.has(epoch.idHex)) return []
  return [`this device cannot open its epoch ${epoch.idHex.slice(0, 16)} yet.`]
}
