import type { GateFacts } from './gate.ts'

/** A list that admits a peer: the node's own file, or the list of the team that governs. */
export type AdmittingList = 'file' | 'team'
/** A list that keeps a peer out: `disallowed-nodes.json`, or what the team removed. */
export type BarringList = 'disallowed' | 'team'

/** What the lists say of one peer; the gate's verdict follows from it where the gate is permissioned. */
export interface Standing {
  readonly peer: string
  readonly admittedBy: readonly AdmittingList[]
  readonly barredBy: readonly BarringList[]
  /** True where it is on the effective list: some list admits it and none bars it. */
  readonly listed: boolean
}

/** Which lists speak of a peer. An unreadable file admits nobody, whoever else would; an unreadable ban bars everybody. */
export function standingOf(facts: GateFacts, peer: string): Standing {
  const { allowed, disallowed, team } = facts
  const admittedBy: AdmittingList[] = []
  if (allowed.state !== 'unreadable') {
    if (allowed.peers.has(peer)) admittedBy.push('file')
    if (team?.listed.has(peer) === true) admittedBy.push('team')
  }
  const barredBy: BarringList[] = []
  if (disallowed.state === 'unreadable' || disallowed.peers.has(peer)) barredBy.push('disallowed')
  if (team?.removed.has(peer) === true) barredBy.push('team')
  return { peer, admittedBy, barredBy, listed: admittedBy.length > 0 && barredBy.length === 0 }
}

/** Every peer that some list names, sorted. */
export function standings(facts: GateFacts): Standing[] {
  const { allowed, disallowed, team } = facts
  const named = new Set([
    ...allowed.peers,
    ...disallowed.peers,
    ...(team?.listed ?? []),
    ...(team === null ? [] : team.removed),
  ])
  return [...named].sort().map((peer) => standingOf(facts, peer))
}

/** The peers that the file or the team admits, less whom the team removed; the bans of this node are another list. */
export function permittedPeers({ allowed, team }: GateFacts): Set<string> {
  const peers = new Set([...allowed.peers, ...(team?.listed ?? [])])
  for (const peer of team?.removed ?? []) peers.delete(peer)
  return peers
}
