import { refuse, type Refusal } from '../base/index.ts'

/** Yes, and why: the reason is for `ax nodes show`, `permissioned check` and the log. */
export interface Admission {
  readonly kind: 'admit'
  readonly because: string
}
export type Verdict = Admission | Refusal

/** What a list file came to (`FORMATS.md` 7). `peers` is empty unless the state is `read`. */
export interface ListFacts {
  readonly state: 'read' | 'missing' | 'unreadable'
  readonly peers: ReadonlySet<string>
  /** Why it is unreadable. */
  readonly why?: string
}

/** What the team that governs the swarm says (`TEAM.md` 2.4). */
export interface TeamFacts {
  /** Peers on the team's list. */
  readonly listed: ReadonlySet<string>
  /** Peers it removed: out, even where the node's own file still has them. */
  readonly removed: ReadonlySet<string>
}

export interface GateFacts {
  /** True: only listed peers pass. By `--permissioned` or the setting `swarm/permissioned`. */
  readonly permissioned: boolean
  /** `permissioned-nodes.json`. */
  readonly allowed: ListFacts
  /** `disallowed-nodes.json`: beats every list, with or without `permissioned`. */
  readonly disallowed: ListFacts
  /** Null where no team governs. */
  readonly team: TeamFacts | null
  /** A list file has changed and is not judged yet: no new connection meanwhile; live ones stay. */
  readonly settling: boolean
}

/**
 * Who may connect. Synchronous, over facts in memory; a node holds one for its life and `update`s it.
 * Every refusal is `ERR_ACCESS_NOT_PERMISSIONED` with `{ peer, because }`, or `ERR_SWARM_BUSY` while a list is being
 * changed. Peers are PeerIds in the form of `FORMATS.md` 1.2.
 */
export interface Gate {
  /** A new connection that came to us, once Noise has proved the peer. */
  admitInbound(peer: string): Verdict
  /** A new connection that we made, once Noise has proved the peer. */
  admitOutbound(peer: string): Verdict
  /** Before a dial; undefined where the address names no peer: it is then judged after Noise. */
  admitDial(peer: string | undefined): Verdict
  /** A live connection or stream, judged again: as `admitInbound`, but not stopped by a list that is settling. */
  mayStay(peer: string): Verdict
  /** True for a peer on the effective list, and not barred: it gets the connections kept free for listed peers. */
  isListed(peer: string): boolean
  /** True for a peer that is out whatever the list of permissioned nodes says. */
  isBarred(peer: string): boolean
  /** The facts that count now. */
  readonly facts: GateFacts
  /** Replaces some or all facts; counts from the next question on. The caller then judges live connections again. */
  update(facts: Partial<GateFacts>): void
}

const nothing: ListFacts = { state: 'missing', peers: new Set() }

/** An open gate without lists, before `update` says more. */
export const openGateFacts: GateFacts = {
  permissioned: false,
  allowed: nothing,
  disallowed: nothing,
  team: null,
  settling: false,
}

export function createGate(initial: Partial<GateFacts> = {}): Gate {
  let facts: GateFacts = { ...openGateFacts, ...initial }
  const admitNew = (peer: string): Verdict => {
    const verdict = judgePeer(facts, peer)
    return verdict.kind === 'admit' && facts.settling ? busy(peer) : verdict
  }
  return {
    admitInbound: admitNew,
    admitOutbound: admitNew,
    admitDial: (peer) => (peer === undefined ? judgeUnnamedDial(facts) : admitNew(peer)),
    mayStay: (peer) => judgePeer(facts, peer),
    isListed: (peer) => barredBecause(facts, peer) === undefined && listedBecause(facts, peer) !== undefined,
    isBarred: (peer) => barredBecause(facts, peer) !== undefined,
    get facts() {
      return facts
    },
    update(next) {
      facts = { ...facts, ...next }
    },
  }
}

function judgePeer(facts: GateFacts, peer: string): Verdict {
  const barred = barredBecause(facts, peer)
  if (barred !== undefined) return refusePeer(peer, barred)
  const listed = listedBecause(facts, peer)
  if (!facts.permissioned) return { kind: 'admit', because: listed ?? 'the gate is open' }
  return listed === undefined ? refusePeer(peer, unlistedBecause(facts)) : { kind: 'admit', because: listed }
}

function judgeUnnamedDial(facts: GateFacts): Verdict {
  const nobody = nobodyBecause(facts)
  if (nobody !== undefined) return refusePeer('?', nobody)
  return facts.settling ? busy('?') : { kind: 'admit', because: 'the peer is judged once it has proved its identity' }
}

/** A reason why no peer at all can pass, so that nothing need be dialled to find out. */
function nobodyBecause(facts: GateFacts): string | undefined {
  if (facts.disallowed.state === 'unreadable')
    return unreadable('disallowed-nodes.json', facts.disallowed, 'bars everybody')
  if (!facts.permissioned) return undefined
  if (facts.allowed.state === 'unreadable') return unlistedBecause(facts)
  const listed = facts.allowed.peers.size + (facts.team?.listed.size ?? 0)
  return listed === 0 ? unlistedBecause(facts) : undefined
}

function barredBecause(facts: GateFacts, peer: string): string | undefined {
  const { disallowed, team } = facts
  if (disallowed.state === 'unreadable') return unreadable('disallowed-nodes.json', disallowed, 'bars everybody')
  if (disallowed.peers.has(peer)) return 'disallowed-nodes.json bars it'
  // AddNode after RemoveNode takes a peer out of `removed`; that order is the team's business.
  return team?.removed.has(peer) === true ? 'the governing team removed it' : undefined
}

function listedBecause(facts: GateFacts, peer: string): string | undefined {
  // What cannot be read admits nobody: not even whom the team lists, since the file may have meant to say less.
  if (facts.allowed.state === 'unreadable') return undefined
  if (facts.allowed.peers.has(peer)) return 'permissioned-nodes.json lists it'
  return facts.team?.listed.has(peer) === true ? 'the governing team lists it' : undefined
}

function unlistedBecause({ allowed, team }: GateFacts): string {
  if (allowed.state === 'unreadable') return unreadable('permissioned-nodes.json', allowed, 'admits nobody')
  const teamToo = team === null ? '' : ', nor does the governing team list it'
  if (allowed.state === 'missing') return `there is no permissioned-nodes.json${teamToo}`
  return `permissioned-nodes.json does not list it${teamToo}`
}

function unreadable(file: string, list: ListFacts, effect: string): string {
  return `${file} cannot be read (${list.why ?? 'unknown reason'}) and ${effect}`
}

function refusePeer(peer: string, because: string): Refusal {
  return refuse('ERR_ACCESS_NOT_PERMISSIONED', { peer, because })
}

function busy(peer: string): Refusal {
  return refuse('ERR_SWARM_BUSY', { peer, because: 'a node list is being changed' })
}
