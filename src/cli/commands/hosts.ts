import { fail } from '../../base/index.ts'
import { parseNodeAddress, parsePublicIdentity, peerIdText } from '../../codec/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { placeOf } from '../identity-question.ts'
import { openKnownNodes } from '../known-nodes-file.ts'
import { fields, table, text, type Outcome } from '../outcome.ts'
import { scanNode } from '../scan.ts'
import type { Session } from '../session.ts'

const exampleNode = '/dns4/localhost/tcp/4458'
const examplePeer = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'

export const hostsLeaves: readonly Leaf[] = [
  { verb: 'ls', summary: 'The nodes whose identity you have accepted.', example: 'ax hosts ls', run: list },
  {
    verb: 'show',
    arguments: '<address>',
    summary: 'What is recorded for an address.',
    example: `ax hosts show ${exampleNode}`,
    exits: { 3: 'nothing is recorded' },
    run: show,
  },
  {
    verb: 'scan',
    arguments: '<address>',
    summary: 'Asks who answers at an address; records nothing.',
    example: `ax hosts scan ${exampleNode}`,
    run: scan,
  },
  {
    verb: 'verify',
    arguments: '<address> <peerid>',
    summary: 'Dials, compares, and only then records that identity in place of an older one.',
    example: `ax hosts verify ${exampleNode} ${examplePeer}`,
    exits: { 5: 'another identity answers' },
    run: verify,
  },
  {
    verb: 'forget',
    arguments: '<address>',
    summary: 'Deletes what is recorded for an address; the next contact asks again.',
    example: `ax hosts forget ${exampleNode}`,
    exits: { 3: 'nothing is recorded' },
    run: forget,
  },
]

async function entries(session: Session) {
  const book = await openKnownNodes(session.paths.knownNodes).read()
  return book.lines.flatMap((line, index) => {
    if (line.kind === 'note') return []
    const { peer, since, comment } = line
    const address = line.kind === 'node' ? line.address : '*'
    return [{ address, state: line.kind === 'node' ? 'known' : 'revoked', peer, since, comment, line: index + 1 }]
  })
}

async function list(session: Session): Promise<Outcome> {
  const known = await entries(session)
  const rows = known.map((one) => [one.address, one.peer, one.since, one.state, one.comment])
  return {
    result: { path: session.paths.knownNodes, nodes: known },
    view: table(['ADDRESS', 'PEER', 'SINCE', 'STATE', 'COMMENT'], rows, { empty: 'no known nodes' }),
    names: known.map(({ peer }) => peer),
  }
}

async function show(session: Session, input: Input): Promise<Outcome> {
  const place = await placeOf(parseNodeAddress(input.text('address')))
  const known = (await entries(session)).filter(({ address }) => address === place)
  if (known.length === 0) throw fail('ERR_NODE_NOT_FOUND', { what: 'known node at', name: place })
  const rows = known.map((one) => [one.address, one.peer, one.since, one.comment, one.line])
  return {
    result: { nodes: known },
    view: table(['ADDRESS', 'PEER', 'SINCE', 'COMMENT', 'LINE'], rows),
    names: known.map(({ peer }) => peer),
  }
}

async function scan(session: Session, input: Input): Promise<Outcome> {
  const address = parseNodeAddress(input.text('address'))
  const { peer } = await scanNode(address, session.settled.timeoutMs)
  const verdict = await openKnownNodes(session.paths.knownNodes).judge(await placeOf(address), peer)
  return {
    result: { address: address.typed, peer, verdict: verdict.kind },
    view: fields({ Address: address.typed, PeerId: peer, Recorded: verdict.kind }),
    names: [peer],
  }
}

async function verify(session: Session, input: Input): Promise<Outcome> {
  const address = parseNodeAddress(input.text('address'))
  const expected = peerIdText(parsePublicIdentity(input.text('peerid')).pk)
  const book = openKnownNodes(session.paths.knownNodes)
  const { peer } = await scanNode(address, session.settled.timeoutMs)
  if (peer !== expected) throw fail('ERR_NODE_AUTH', { address: address.typed, found: peer, expected })
  const place = await placeOf(address)
  const verdict = await book.judge(place, peer)
  if (verdict.kind === 'revoked') throw fail('ERR_ACCESS_NODE_REVOKED', { peer, path: session.paths.knownNodes })
  await book.replace(place, peer)
  return {
    result: { address: place, peer, before: verdict.kind },
    view: text(`${place} is ${peer}; recorded in ${session.paths.knownNodes}.`),
    names: [peer],
  }
}

async function forget(session: Session, input: Input): Promise<Outcome> {
  const place = await placeOf(parseNodeAddress(input.text('address')))
  const removed = await openKnownNodes(session.paths.knownNodes).forget(place)
  if (removed === 0) throw fail('ERR_NODE_NOT_FOUND', { what: 'known node at', name: place })
  return { result: { address: place, removed }, view: text(`Forgot ${place}.`), names: [place] }
}
