import type { OperationOutput } from '../../operations/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { parts, table, text, type Outcome, type View } from '../outcome.ts'
import { count } from '../phrases.ts'
import type { Session } from '../session.ts'
import { cutLines } from './gate-view.ts'

type Ring = OperationOutput<'swarms.show'>['keys']
type Turned = OperationOutput<'swarms.rotate'>

const exampleFingerprint = '5f2b8c1d9e7a4f60b3c2d1e0f9a8b7c6'

export const swarmRotationLeaves: readonly Leaf[] = [
  {
    verb: 'rotate',
    arguments: '[node]',
    summary: 'A new swarm key beside the old one: on this node, or with --team on every node that the team governs.',
    example: 'ax swarms rotate --team herd',
    exits: { 10: "the team's law refuses" },
    run: rotate,
  },
  {
    verb: 'retire',
    arguments: '<fingerprint> [node]',
    summary: 'Refuses an older swarm key and cuts who uses it: on this node, or with --team on every node it governs.',
    example: `ax swarms retire ${exampleFingerprint} --team herd`,
    exits: { 3: 'no such key', 7: 'it is the newest', 10: "the team's law refuses" },
    run: retire,
  },
]

/** The swarm keys of a node, the newest first, with how many peers use each. */
export function ringView(ring: Ring): View {
  const rows = ring.map(({ fingerprint, newest, peers }) => [
    fingerprint,
    newest ? 'newest: dialled with' : 'accepted',
    count(peers.length, 'peer'),
    peers.join(' '),
  ])
  return table(['SWARM KEY', 'STATE', 'USED BY', 'PEERS'], rows, { wide: ['PEERS'] })
}

async function rotate(session: Session, input: Input): Promise<Outcome> {
  const { force } = session.settled
  const result = await session.call('swarms.rotate', { ...ofTeam(session), force }, input.optional('node'))
  return turned(result, `The new swarm key has the fingerprint ${result.fingerprint}.`, [])
}

async function retire(session: Session, input: Input): Promise<Outcome> {
  const { force } = session.settled
  const request = { fingerprint: input.text('fingerprint'), ...ofTeam(session), force }
  const result = await session.call('swarms.retire', request, input.optional('node'))
  return turned(result, `The swarm key ${result.fingerprint} is refused from now on.`, cutLines(result.cut))
}

function turned(result: Turned, what: string, more: readonly string[]): Outcome {
  return {
    result,
    view: parts(text([what, ...more].join('\n')), ringView(result.keys)),
    names: [result.fingerprint],
    notices: result.notices,
  }
}

function ofTeam(session: Session): { team?: string } {
  return session.settled.team === undefined ? {} : { team: session.settled.team }
}
