import type { OperationOutput } from '../../operations/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, parts, table, text, type Outcome, type View } from '../outcome.ts'
import { failureText, shortTime } from '../phrases.ts'
import type { Session } from '../session.ts'
import { gateView } from './gate-view.ts'

type NodeView = OperationOutput<'nodes.show'>
type Peer = NodeView['peers'][number]

export const nodesLeaves: readonly Leaf[] = [
  {
    verb: 'ls',
    arguments: '[node...]',
    summary: 'One line about each of the nodes named.',
    example: 'ax nodes ls 127.0.0.1:4458',
    exits: { 6: 'none of them answered' },
    run: listNodes,
  },
  {
    verb: 'show',
    arguments: '[node]',
    summary: 'Everything about a node: peers with direction, since, verdict and reason; failures; gate.',
    example: 'ax nodes show',
    run: showNode,
  },
  {
    verb: 'id',
    arguments: '[node]',
    summary: "A node's identity in its text forms.",
    example: 'ax nodes id',
    run: showId,
  },
  {
    verb: 'shutdown',
    arguments: '[node]',
    summary: 'Stops the daemon.',
    example: 'ax nodes shutdown',
    run: shutdown,
  },
]

async function showNode(session: Session, input: Input): Promise<Outcome> {
  const node = await session.call('nodes.show', {}, input.optional('node'))
  return {
    result: node,
    view: parts(
      aboutNode(node),
      section('Peers', peersView(node.peers)),
      section('Failures', failuresView(node.failures)),
      section('Gate', gateView(node.gate)),
      section('Admin sessions', sessionsView(node.adminSessions)),
    ),
    names: [node.peer],
    notices: node.warnings.map((warning) => `Warning: ${warning}`),
  }
}

function section(title: string, view: View): View {
  return { kind: 'section', title, view }
}

function aboutNode(node: NodeView): View {
  return fields({
    PeerId: node.peer,
    Key: node.key,
    Fingerprint: node.fingerprint,
    Name: node.name,
    Version: `${node.version} on ${node.runtime}`,
    Started: shortTime(node.startedAt),
    'Swarm key': node.swarmKey.published ? `${node.swarmKey.fingerprint} (published!)` : node.swarmKey.fingerprint,
    'Swarm addresses': node.swarmAddresses.join('\n'),
    'Admin addresses': node.adminAddresses.join('\n'),
  })
}

export function peersView(peers: readonly Peer[]): View {
  const head = [
    'PEER',
    'NAME',
    'STATE',
    'DIRECTION',
    'SINCE',
    'VERDICT',
    'REASON',
    'ADDRESS',
    'LATENCY',
    'AGENT',
    'DEVICE',
    'SWARM KEY',
  ]
  const rows = peers.map((peer) => [
    peer.peer,
    peer.name,
    peer.state,
    peer.direction,
    shortTime(peer.since),
    peer.verdict,
    peer.because,
    peer.address,
    peer.latencyMs === null ? null : `${String(peer.latencyMs)} ms`,
    peer.agent,
    peer.device,
    peer.swarmKey,
  ])
  return table(head, rows, { wide: ['ADDRESS', 'LATENCY', 'AGENT', 'DEVICE', 'SWARM KEY'], empty: 'no peers' })
}

function failuresView(failures: NodeView['failures']): View {
  const head = ['PEER', 'ADDRESS', 'DIRECTION', 'LAST', 'COUNT', 'CODE', 'WHY']
  const rows = failures.map((failure) => [
    failure.peer,
    failure.address,
    failure.direction,
    shortTime(failure.at),
    failure.count,
    failure.error.code,
    failure.message,
  ])
  return table(head, rows, { empty: 'none' })
}

function sessionsView(sessions: NodeView['adminSessions']): View {
  const rows = sessions.map((one) => [one.peer, one.door, one.source, one.role, shortTime(one.since)])
  return table(['PEER', 'DOOR', 'SOURCE', 'ROLE', 'SINCE'], rows, { empty: 'none' })
}

async function showId(session: Session, input: Input): Promise<Outcome> {
  const identity = await session.call('nodes.id', {}, input.optional('node'))
  const { peer, key, nkey, fingerprint } = identity
  return {
    result: identity,
    view: fields({ PeerId: peer, Key: key, Nkey: nkey, Fingerprint: fingerprint }),
    names: [peer],
  }
}

async function shutdown(session: Session, input: Input): Promise<Outcome> {
  const result = await session.call('nodes.shutdown', {}, input.optional('node'))
  return { result, view: text('The node stops.') }
}

/** One row of `nodes ls`: the node, or why it did not answer. */
async function listNodes(session: Session, input: Input): Promise<Outcome> {
  const named = input.list('node')
  const nodes = named.length > 0 ? named : [undefined]
  const rows = await Promise.all(nodes.map((node) => oneNode(session, node)))
  const answered = rows.filter((row) => row.error === undefined)
  return {
    result: { nodes: rows.map(({ thrown: _, ...row }) => row) },
    view: table(
      ['NODE', 'PEER', 'NAME', 'VERSION', 'PEERS', 'TEAMS', 'GATE', 'STATE'],
      rows.map((row) => [row.node, row.peer, row.name, row.version, row.peers, row.teams, row.gate, row.error ?? 'up']),
    ),
    names: answered.flatMap((row) => row.peer ?? []),
    ...exitOf(rows),
  }
}

interface NodeRow {
  readonly node: string
  readonly peer?: string
  readonly name?: string
  readonly version?: string
  readonly peers?: number
  readonly teams?: number
  readonly gate?: string
  readonly error?: string
  readonly thrown?: unknown
}

async function oneNode(session: Session, node: string | undefined): Promise<NodeRow> {
  const shown = node ?? session.settled.node ?? 'this machine'
  try {
    const status = await session.call('status.get', {}, node)
    const { peer, name, version, peers, teams, permissioned } = status
    return {
      node: shown,
      peer,
      name,
      version,
      peers: peers.welcomed,
      teams,
      gate: permissioned ? 'permissioned' : 'open',
    }
  } catch (error) {
    return { node: shown, error: failureText(error), thrown: error }
  }
}

/** When no node answered, the command failed as the first one did. */
function exitOf(rows: readonly NodeRow[]): { exit?: number } {
  if (rows.some((row) => row.error === undefined)) return {}
  return { exit: (rows[0]?.thrown as { exitStatus?: number } | undefined)?.exitStatus ?? 1 }
}
