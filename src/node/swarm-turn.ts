import { fail, limits } from '../base/index.ts'
import { fromHex, parseId } from '../codec/index.ts'
import { generateSwarmKey, swarmKeyFingerprint } from '../keys/index.ts'
import type { OperationOutput } from '../operations/index.ts'
import { sealSwarmKey, type Intent } from '../team/index.ts'
import type { Authored } from './effects/authored.ts'
import type { NodeParts } from './parts.ts'
import { commandOf } from './team-command.ts'

type Cut = OperationOutput<'permissioned.add'>['cut']
type RingRow = OperationOutput<'swarms.show'>['keys'][number]
type Ring = Pick<NodeParts, 'swarm' | 'swarmKey'>

/** This key is dialled with from now on, those before are accepted beside it: on the disk first, then on the wire. */
export async function turnTo({ swarm, swarmKey }: Ring, key: Uint8Array): Promise<boolean> {
  const turned = await swarmKey.turn(key)
  swarm.setKeys(swarmKey.keys)
  return turned
}

/** That key is refused from now on, and who uses it is cut. `ERR_NODE_NOT_FOUND` where it is none of ours. */
export async function retireKey({ swarm, swarmKey }: Ring, fingerprint: string): Promise<Cut> {
  if (!(await swarmKey.retire(fingerprint))) throw fail('ERR_NODE_NOT_FOUND', { what: 'swarm key', name: fingerprint })
  const { cut, ms } = await swarm.turnKeys(swarmKey.keys)
  return { peers: cut, ms }
}

/** The keys of this node as people see them: which is the newest, and who still speaks which. */
export function ringRows({ swarm, swarmKey }: Ring): RingRow[] {
  const peers = swarm.peers()
  return swarmKey.keys.map((key, index) => {
    const fingerprint = swarmKeyFingerprint(key)
    const using = peers.filter((peer) => peer.swarmKey === fingerprint)
    return { fingerprint, newest: index === 0, peers: using.map(({ peer }) => peer) }
  })
}

/** ERR_INVALID_NODE_STATE where a team governs: a key of one node alone would part it from the others. */
export function refuseGoverned({ settings }: NodeParts): void {
  const team = settings.effective().swarm.governingTeam
  if (team !== null) throw fail('ERR_INVALID_NODE_STATE', { what: `a team governs this swarm; add --team ${team}` })
}

/**
 * A new swarm key by the team that governs this node (RotateSwarmKey), sealed under the team's epoch; resolves when it is
 * on the graph, on this disk, and dialled with. A team that has had no swarm key yet is told those of this node first:
 * only a key that the team knows can be retired by it.
 */
export async function rotateByTeam(
  parts: NodeParts,
  team: string,
  force: boolean,
): Promise<Authored & { key: string }> {
  const { swarmKey, random } = parts
  const id = governing(parts, team)
  const view = parts.teams.replicaOf(parseId('team', id))?.state.swarmKeys ?? []
  if (
    swarmKey.keys.length >= limits.swarmKeysMax ||
    view.filter(({ retired }) => !retired).length >= limits.swarmKeysMax
  )
    throw fail('ERR_INVALID_NODE_STATE', { what: `${String(limits.swarmKeysMax)} swarm keys are in use: retire one` })
  for (const key of swarmKey.keys.toReversed())
    if (!parts.government.knows(swarmKeyFingerprint(key))) await announce(parts, id, key, force)
  const key = generateSwarmKey(random)
  const authored = await announce(parts, id, key, force)
  await parts.government.settled()
  return { ...authored, key: swarmKeyFingerprint(key) }
}

/** The team that governs this node refuses an older swarm key everywhere (RetireSwarmKey). */
export async function retireByTeam(
  parts: NodeParts,
  team: string,
  { fingerprint, force }: { fingerprint: string; force: boolean },
): Promise<Authored> {
  const id = governing(parts, team)
  const intent: Intent = { kind: 'RetireSwarmKey', fingerprint: fromHex(fingerprint) }
  const authored = commandOf(await parts.teams.author(id, intent, { force }))
  return { ...authored, cut: await parts.government.settled() }
}

/** Id of the team, which must govern this node: else its own keys would not turn with those of the others. */
function governing({ teams, settings }: NodeParts, team: string): string {
  const { id } = teams.view(team)
  if (settings.effective().swarm.governingTeam === id) return id
  const what = `that team does not govern this node: ax settings set swarm/governingTeam ${id}`
  throw fail('ERR_INVALID_NODE_STATE', { what })
}

async function announce(parts: NodeParts, team: string, key: Uint8Array, force: boolean): Promise<Authored> {
  const { teams, keys, random } = parts
  const sealing = await teams.sealingKey(team)
  if ('kind' in sealing) throw fail(sealing.code, sealing.data)
  const fingerprint = fromHex(swarmKeyFingerprint(key))
  const sealed = sealSwarmKey(keys, { team: sealing.team, secret: sealing.secret, fingerprint }, key, random)
  keys.memzero(sealing.secret)
  const intent: Intent = { kind: 'RotateSwarmKey', fingerprint, epoch: sealing.epoch, sealed }
  return commandOf(await teams.author(team, intent, { force }))
}
