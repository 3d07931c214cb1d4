import { refuse, type Refusal } from '../../base/index.ts'
import { rotationPending, sealingEpoch } from '../../team/index.ts'
import type { TeamRunner } from './team-runner.ts'

/** What data for a whole team is sealed with now. The caller wipes the secret. */
export interface SealingKey {
  readonly team: Uint8Array
  /** Epoch id, 32 bytes. */
  readonly epoch: Uint8Array
  readonly secret: Uint8Array
}

/** An epoch for people. */
export interface EpochView {
  /** Hex of its id. */
  readonly epoch: string
  readonly recipients: number
  /** True for the one that data is sealed with. */
  readonly sealing: boolean
  /** True where this node has its secret. */
  readonly readable: boolean
}

/** The epochs of a team in replay order, and whether sealing waits for a rotation. */
export function epochsOf(runner: TeamRunner): { epochs: EpochView[]; pending: boolean } {
  const { state } = runner.replica
  const sealing = sealingEpoch(state)
  const epochs = state.epochs.map((epoch) => ({
    epoch: epoch.idHex,
    recipients: epoch.recipients.length,
    sealing: epoch === sealing,
    readable: runner.secrets.has(epoch.idHex),
  }))
  return { epochs, pending: rotationPending(state) }
}

/**
 * The epoch to seal with and its secret. Where there is none that excludes every non-member, or this device has no box of
 * it, a device that may rotate makes one first; any other is refused: ERR_TEAM_ROTATION_PENDING, and
 * ERR_TEAM_EPOCH_UNREADABLE where the secret is not here (yet).
 */
export async function sealingKey(runner: TeamRunner): Promise<SealingKey | Refusal> {
  const found = await openSealing(runner)
  if (!('kind' in found) || found.code === 'ERR_TEAM_NOT_SYNCED') return found
  const made = await runner.rotate(false)
  // Who may not rotate is told what is missing, not what it may not do.
  return made.kind === 'refuse' ? found : openSealing(runner)
}

async function openSealing({ replica, secrets, team }: TeamRunner): Promise<SealingKey | Refusal> {
  const { state } = replica
  if (!replica.isSynced) return refuse('ERR_TEAM_NOT_SYNCED', { what: 'no peer has synced this team yet', force: '.' })
  if (!state.open) return refuse('ERR_TEAM_CLOSED')
  const epoch = sealingEpoch(state)
  if (epoch === undefined) return refuse('ERR_TEAM_ROTATION_PENDING')
  await secrets.opened()
  const secret = secrets.get(epoch.id)
  if (secret === undefined) return refuse('ERR_TEAM_EPOCH_UNREADABLE', { epoch: epoch.idHex.slice(0, 16) })
  return { team, epoch: epoch.id, secret }
}
