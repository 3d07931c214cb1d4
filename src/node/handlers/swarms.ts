import { fail } from '../../base/index.ts'
import { formatJoinLine, formatSwarmKey, parseId, parseSwarmKey, peerIdText } from '../../codec/index.ts'
import { generateSwarmKey, readIdentityText, swarmKeyFingerprint } from '../../keys/index.ts'
import { joinLineOf } from '../join-line.ts'
import type { OperationOutput, OperationRequest } from '../../operations/index.ts'
import type { Handlers, NodeParts } from '../parts.ts'
import { peerRow } from '../peer-row.ts'
import { refuseGoverned, retireByTeam, retireKey, ringRows, rotateByTeam, turnTo } from '../swarm-turn.ts'

type SwarmsOperation =
  | 'swarms.show'
  | 'swarms.peers'
  | 'swarms.connect'
  | 'swarms.disconnect'
  | 'swarms.addresses'
  | 'swarms.ping'
  | 'swarms.invite'
  | 'swarms.export'
  | 'swarms.import'
  | 'swarms.rotate'
  | 'swarms.retire'

/** `ax swarms …`. */
export function swarmsHandlers(parts: NodeParts): Handlers<SwarmsOperation> {
  const { swarm, swarmKey } = parts
  const peerOf = (text: string): string => peerIdText(readIdentityText(parts.keys, text))
  return {
    'swarms.show': () => ({
      fingerprint: swarmKey.fingerprint,
      published: swarmKey.published,
      keys: ringRows(parts),
      addresses: swarm.addresses(),
      bootstrapNodes: [...parts.options.peers, ...parts.settings.effective().swarm.bootstrapNodes],
      peers: swarm.peers().length,
    }),
    'swarms.peers': () => ({ peers: swarm.peers().map((peer) => peerRow(parts, peer)) }),
    'swarms.connect': async ({ address }) => {
      const peer = await swarm.connect(address)
      return { peer, name: swarm.peers().find((known) => known.peer === peer)?.name ?? '' }
    },
    'swarms.disconnect': async ({ peer }) => {
      const id = peerOf(peer)
      const closed = await swarm.disconnect(id)
      if (closed === 0) throw fail('ERR_NODE_NOT_FOUND', { what: 'connection with', name: id })
      return { peer: id, closed }
    },
    'swarms.addresses': () => ({ addresses: swarm.addresses() }),
    'swarms.ping': async ({ peer }) => {
      const id = peerOf(peer)
      return { peer: id, ms: await swarm.ping(id) }
    },
    'swarms.invite': ({ team, withKey }, { caller }) => {
      const line = joinLineOf(parts, caller, { withKey })
      const id = team === undefined ? null : parts.teams.view(team).id
      const named = id === null ? {} : { team: parseId('team', id) }
      return { line: formatJoinLine({ ...line, ...named }), peer: line.peer, fingerprint: line.fingerprint, team: id }
    },
    'swarms.export': ({ format }) => ({
      key: formatSwarmKey(swarmKey.key, format),
      fingerprint: swarmKey.fingerprint,
    }),
    'swarms.import': async ({ key, beside }) => {
      const read = parseSwarmKey(key)
      if (!beside) return { fingerprint: await swarmKey.replace(read), restartNeeded: true }
      await turnTo(parts, read)
      return { fingerprint: swarmKeyFingerprint(read), restartNeeded: false }
    },
    'swarms.rotate': (request) => rotate(parts, request),
    'swarms.retire': (request) => retire(parts, request),
  }
}

async function rotate(
  parts: NodeParts,
  { team, force }: OperationRequest<'swarms.rotate'>,
): Promise<OperationOutput<'swarms.rotate'>> {
  if (team !== undefined) {
    const { key, team: id, command } = await rotateByTeam(parts, team, force)
    return { fingerprint: key, team: id, command, keys: ringRows(parts), notices: parts.government.warnings() }
  }
  refuseGoverned(parts)
  const key = generateSwarmKey(parts.random)
  await turnTo(parts, key)
  const notices = ['Only this node has it: ax swarms export, and ax swarms import FILE --beside on the others.']
  return { fingerprint: swarmKeyFingerprint(key), team: null, command: null, keys: ringRows(parts), notices }
}

async function retire(
  parts: NodeParts,
  { fingerprint, team, force }: OperationRequest<'swarms.retire'>,
): Promise<OperationOutput<'swarms.retire'>> {
  if (team !== undefined) {
    const { team: id, command, cut } = await retireByTeam(parts, team, { fingerprint, force })
    const notices = parts.government.warnings()
    return { fingerprint, team: id, command, cut: { ...cut, peers: [...cut.peers] }, keys: ringRows(parts), notices }
  }
  if (parts.government.knows(fingerprint)) refuseGoverned(parts)
  const cut = await retireKey(parts, fingerprint)
  return { fingerprint, team: null, command: null, cut, keys: ringRows(parts), notices: [] }
}
