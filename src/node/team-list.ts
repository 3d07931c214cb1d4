import { fail } from '../base/index.ts'
import { fromHex, idText, multiaddrText, parseId, parseListEntry, peerIdText, withPeer } from '../codec/index.ts'
import { checkedPoint, readIdentityText } from '../keys/index.ts'
import type { OperationOutput } from '../operations/index.ts'
import type { Intent, TeamState } from '../team/index.ts'
import type { NodeParts } from './parts.ts'

type ChangeResult = OperationOutput<'permissioned.add'>
type Parts = Pick<NodeParts, 'teams' | 'keys' | 'settings' | 'government'>

/** An entry as it goes into a command: who, where, and whose device it is. */
interface NamedNode {
  readonly peer: string
  readonly addrs: readonly string[]
  readonly device: Uint8Array | undefined
}

export interface TeamListChange {
  readonly team: string
  readonly verb: 'add' | 'remove'
  readonly entries: readonly string[]
  readonly force: boolean
}

/**
 * Puts peers on the list of a team (AddNode) or bars them (RemoveNode), one command for each; durable, and live
 * connections judged, when it resolves. What the team says already is no error. Entries are read before the first command
 * is written; a refusal by the law ends it, and what was written before stands. The law has one entry for a peer: other
 * addresses for one that stands there are told how to be given, and change nothing.
 */
export async function changeTeamList(parts: Parts, change: TeamListChange): Promise<ChangeResult> {
  const { id } = parts.teams.view(change.team)
  const state = parts.teams.replicaOf(parseId('team', id))?.state
  const named = change.entries.map((entry) => namedNode(parts, entry, state))
  const changed: string[] = []
  const unchanged: string[] = []
  const commands: string[] = []
  const cut = new Set<string>()
  const moved: string[] = []
  let ms = 0
  for (const node of named) {
    const outcome = await parts.teams.author(id, intentFor(change.verb, node), { force: change.force })
    if ('kind' in outcome) {
      if (outcome.code !== 'ERR_TEAM_DUPLICATE') throw fail(outcome.code, outcome.data)
      unchanged.push(node.peer)
      if (change.verb === 'add') moved.push(...otherAddresses(node, state, id))
      continue
    }
    changed.push(node.peer)
    commands.push(outcome.command)
    for (const peer of outcome.cut.peers) cut.add(peer)
    ms += outcome.cut.ms
  }
  return {
    changed,
    unchanged,
    team: id,
    commands,
    cut: { peers: [...cut], ms },
    notices: [...moved, ...notices(parts, id)],
  }
}

/**
 * What to say of a listed peer that was named with other addresses. Both commands at once would be worse than saying it:
 * a node that hears of the removal by that very peer bars it, and so never hears that it is in again.
 */
function otherAddresses({ peer, addrs }: NamedNode, state: TeamState | undefined, team: string): string[] {
  const listed = state?.nodes.get(peer)?.addrs ?? []
  if (addrs.every((address) => listed.includes(address))) return []
  const there = listed.length === 0 ? 'no address' : listed.join(' ')
  const again = `ax permissioned remove ${peer} --team ${team}, then add it`
  return [`${peer} stands there with ${there}. Elsewhere it is found once it connects; to change the entry: ${again}.`]
}

function intentFor(verb: 'add' | 'remove', { peer, addrs, device }: NamedNode): Intent {
  if (verb === 'remove') return { kind: 'RemoveNode', peer }
  const where = addrs.length === 0 ? {} : { addrs }
  // Bound to the member whose node it is: when the device is removed, the node is barred with it.
  return { kind: 'AddNode', peer, ...where, ...(device === undefined ? {} : { device }) }
}

function namedNode({ keys, teams }: Parts, text: string, state: TeamState | undefined): NamedNode {
  const entry = text.trim()
  if (!/^(\/|enode:|0|12D3)/.test(entry)) {
    const pk = readIdentityText(keys, entry)
    return { peer: peerIdText(pk), addrs: [], device: deviceOfPeer(teams, state, peerIdText(pk)) }
  }
  const { pk, peer, address } = parseListEntry(entry)
  checkedPoint(keys, pk)
  const addrs = address === undefined ? [] : [multiaddrText(withPeer(address, undefined))]
  return { peer, addrs, device: deviceOfPeer(teams, state, peer) }
}

/** The member that a peer speaks for: by its identity key, or as it has shown where it is connected now. */
function deviceOfPeer(teams: Parts['teams'], state: TeamState | undefined, peer: string): Uint8Array | undefined {
  const members = [...(state?.members.entries() ?? [])]
  const own = members.find(([, { identity }]) => peerIdText(identity) === peer)
  const shown = teams.deviceOf(peer)
  const found = own ?? members.find(([deviceHex]) => idText('dev', fromHex(deviceHex)) === shown)
  return found?.[1].device
}

function notices({ settings, government }: Parts, team: string): string[] {
  const governing = settings.effective().swarm.governingTeam
  if (governing === team) return government.warnings()
  return [`This team does not govern this node: ax settings set swarm/governingTeam ${team}`]
}
