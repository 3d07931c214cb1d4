import type { Input } from '../grammar.ts'
import { parts, table, type Outcome } from '../outcome.ts'
import type { Session } from '../session.ts'
import { stateWord, type Gate } from './gate-view.ts'

type Standing = Gate['peers'][number]

/** A node's gate as it was asked for. */
interface Asked {
  readonly node: string
  readonly gate: Gate
  readonly standings: ReadonlyMap<string, Standing>
}

/** Lists that differ between nodes are the seed's warning: some pairs connect and others do not. */
export async function diffLists(session: Session, input: Input): Promise<Outcome> {
  const nodes = input.list('node')
  const gates = await Promise.all(nodes.map((node) => session.call('permissioned.status', {}, node)))
  const asked = gates.map((gate, at): Asked => {
    const standings = new Map(gate.peers.map((one) => [one.peer, one]))
    return { node: nodes[at] ?? '', gate, standings }
  })
  const named = [...new Set(gates.flatMap((gate) => gate.peers.map(({ peer }) => peer)))].sort()
  const differing = named.filter((peer) => new Set(asked.map((one) => stateAt(one, peer))).size > 1)
  // Equal peers with unequal digests: a list that cannot be read, which names nobody.
  const isSame = differing.length === 0 && new Set(gates.map(({ digest }) => digest)).size === 1
  return {
    result: {
      nodes: asked.map(({ node, gate }) => ({
        node,
        permissioned: gate.permissioned,
        digest: gate.digest,
        governing: gate.governing,
      })),
      peers: differing.map((peer) => ({ peer, listedOn: listedOn(asked, peer), nodes: standingsOn(asked, peer) })),
    },
    view: isSame
      ? table(['PEER'], [], { empty: `The lists of ${String(nodes.length)} nodes are the same.` })
      : differenceView(asked, differing),
    names: differing,
    ...(isSame ? {} : { exit: 1 }),
  }
}

function differenceView(asked: readonly Asked[], differing: readonly string[]): Outcome['view'] {
  const nodes = asked.map(({ node, gate }) => [
    node,
    gate.permissioned ? 'permissioned' : 'open',
    gate.governing === null ? null : `${gate.governing.name} ${gate.governing.state}`,
    gate.digest ?? 'UNREADABLE',
  ])
  const rows = differing.map((peer) => [peer, ...asked.map((one) => cellAt(one, peer))])
  return parts(
    table(['NODE', 'GATE', 'GOVERNING TEAM', 'DIGEST'], nodes),
    table(['PEER', ...asked.map(({ node }) => node)], rows),
  )
}

function stateAt({ standings }: Asked, peer: string): string {
  const found = standings.get(peer)
  return found === undefined ? 'not listed' : stateWord(found)
}

/** `listed by file team`, `barred by team`, `not listed`. */
function cellAt(one: Asked, peer: string): string {
  const { admittedBy = [], barredBy = [] } = one.standings.get(peer) ?? {}
  const by = barredBy.length > 0 ? barredBy : admittedBy
  return by.length === 0 ? stateAt(one, peer) : `${stateAt(one, peer)} by ${by.join(' ')}`
}

function listedOn(asked: readonly Asked[], peer: string): string[] {
  return asked.flatMap(({ node, standings }) => (standings.get(peer)?.listed === true ? [node] : []))
}

function standingsOn(asked: readonly Asked[], peer: string): object[] {
  return asked.map(({ node, standings }) => {
    const { listed = false, admittedBy = [], barredBy = [] } = standings.get(peer) ?? {}
    return { node, listed, admittedBy, barredBy }
  })
}
