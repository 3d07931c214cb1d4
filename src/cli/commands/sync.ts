import { readDuration } from '../global-options.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, table, text, type Outcome } from '../outcome.ts'
import { shortTime } from '../phrases.ts'
import type { Session } from '../session.ts'

const exampleAddress = '/ip4/10.0.0.2/tcp/4001/p2p/12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'

export const syncLeaves: readonly Leaf[] = [
  {
    verb: 'add',
    arguments: '<address> [team]',
    summary: 'A peer to sync a team with, at a rate.',
    options: [{ flags: '--rate <duration>', summary: 'how often at least' }],
    example: `ax sync add ${exampleAddress} --rate 30s`,
    run: addPeer,
  },
  {
    verb: 'remove',
    arguments: '<address> [team]',
    summary: 'No more syncing with that address.',
    example: `ax sync remove ${exampleAddress}`,
    run: removePeer,
  },
  {
    verb: 'now',
    arguments: '[team]',
    summary: 'Syncs with everybody who is connected, now.',
    example: 'ax sync now',
    run: syncNow,
  },
  {
    verb: 'ls',
    arguments: '[team]',
    summary: 'Sync peers and how far they are.',
    example: 'ax sync ls',
    run: listPeers,
  },
]

async function addPeer(session: Session, input: Input): Promise<Outcome> {
  const rate = input.optional('rate')
  const result = await session.call('sync.add', {
    ...ofTeam(session, input),
    address: input.text('address'),
    ...(rate === undefined ? {} : { rateSeconds: Math.max(1, Math.round(readDuration('--rate', rate) / 1000)) }),
  })
  const did = result.added ? 'Added' : 'Stood there already:'
  return { result, view: text(`${did} ${result.address} for ${result.team}.`), names: [result.address] }
}

async function removePeer(session: Session, input: Input): Promise<Outcome> {
  const result = await session.call('sync.remove', { ...ofTeam(session, input), address: input.text('address') })
  const did = result.removed ? 'Removed' : 'Was not there:'
  return { result, view: text(`${did} ${result.address} for ${result.team}.`), names: [result.address] }
}

async function syncNow(session: Session, input: Input): Promise<Outcome> {
  const result = await session.call('sync.now', ofTeam(session, input))
  const { team, peers, commands, stateHash } = result
  return {
    result,
    view: fields({ Team: team, 'Synced with': peers, 'New commands': commands, 'State hash': stateHash }),
    names: [team],
  }
}

async function listPeers(session: Session, input: Input): Promise<Outcome> {
  const answer = await session.call('sync.ls', ofTeam(session, input))
  const rows = answer.peers.map((peer) => [
    peer.address,
    `${String(peer.rateSeconds)} s`,
    peer.connected,
    peer.lastAt === null ? null : shortTime(peer.lastAt),
    peer.problem,
  ])
  return {
    result: answer,
    view: table(['ADDRESS', 'RATE', 'CONNECTED', 'LAST', 'PROBLEM'], rows, { empty: 'no sync peers' }),
    names: answer.peers.map(({ address }) => address),
  }
}

function ofTeam(session: Session, input: Input): { team?: string } {
  const team = input.optional('team') ?? session.settled.team
  return team === undefined ? {} : { team }
}
