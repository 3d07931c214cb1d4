import type { OperationInput, OperationName } from '../../operations/index.ts'
import { readArgument } from '../value.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, table, text, type Outcome } from '../outcome.ts'
import type { Session } from '../session.ts'
import { changeOutcome, cutLines, gateView, listView } from './gate-view.ts'

type ListOperation = 'permissioned.add' | 'permissioned.remove' | 'permissioned.ban' | 'permissioned.unban'
type StaticOperation = 'static.add' | 'static.remove'

const entryForms = 'PeerId, multiaddress with /p2p, enode://<key>@host:port or ax key'
const examplePeer = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'

export const permissionedLeaves: readonly Leaf[] = [
  {
    verb: 'status',
    arguments: '[node]',
    summary: 'The gate: on or off, its lists, what was skipped, whose lists differ.',
    example: 'ax permissioned status',
    run: async (session, input) => {
      const gate = await session.call('permissioned.status', {}, input.optional('node'))
      return { result: gate, view: gateView(gate), names: gate.lists.permissioned.peers }
    },
  },
  {
    verb: 'enable',
    arguments: '[node]',
    summary: 'Only listed peers may connect from now on; others are cut at once.',
    example: 'ax permissioned enable',
    run: enable,
  },
  {
    verb: 'disable',
    arguments: '[node]',
    summary: 'Every peer with the swarm key may connect, but for the disallowed.',
    example: 'ax permissioned disable',
    run: async (session, input) => {
      const result = await session.call('permissioned.disable', {}, input.optional('node'))
      return { result, view: text('Permissioned: off'), notices: result.notices }
    },
  },
  {
    verb: 'check',
    arguments: '<peer> [node]',
    summary: 'What the gate would say of a peer, and why.',
    example: `ax permissioned check ${examplePeer}`,
    run: check,
  },
  listLeaf(
    'add',
    'permissioned.add',
    `Puts peers on permissioned-nodes.json: ${entryForms}.`,
    'Added',
    'Stood there already:',
  ),
  listLeaf(
    'remove',
    'permissioned.remove',
    'Takes peers off permissioned-nodes.json and cuts their connections.',
    'Removed',
    'Was not there:',
  ),
  {
    verb: 'ls',
    arguments: '[node]',
    summary: 'The entries of permissioned-nodes.json.',
    options: [{ flags: '--banned', summary: 'those of disallowed-nodes.json instead' }],
    example: 'ax permissioned ls',
    run: list,
  },
  {
    verb: 'import',
    arguments: '<file> [node]',
    summary: 'Adds every entry of a JSON array or of a file with one entry a line.',
    example: 'ax permissioned import permissioned-nodes.json',
    run: importList,
  },
  listLeaf(
    'ban',
    'permissioned.ban',
    'Puts peers on disallowed-nodes.json, which beats every list, and cuts them.',
    'Banned',
    'Was banned already:',
  ),
  listLeaf('unban', 'permissioned.unban', 'Takes peers off disallowed-nodes.json.', 'Unbanned', 'Was not banned:'),
  {
    verb: 'diff',
    arguments: '<node...>',
    summary: 'Compares the permissioned lists of nodes.',
    example: 'ax permissioned diff 127.0.0.1:4458 127.0.0.1:4459',
    exits: { 1: 'they differ' },
    run: diff,
  },
]

export const staticLeaves: readonly Leaf[] = [
  staticLeaf(
    'add',
    'static.add',
    'Keeps peers connected; each address needs its /p2p/ id.',
    'Added',
    'Stood there already:',
  ),
  staticLeaf('remove', 'static.remove', 'Takes addresses off static-nodes.json.', 'Removed', 'Was not there:'),
  {
    verb: 'ls',
    arguments: '[node]',
    summary: 'Peers this node keeps connected.',
    example: 'ax static ls',
    run: async (session, input) => {
      const list = await session.call('static.ls', {}, input.optional('node'))
      return { result: list, view: listView(list), names: list.peers }
    },
  },
]

function listLeaf(verb: string, operation: ListOperation, summary: string, did: string, already: string): Leaf {
  return {
    verb,
    arguments: '<entry...>',
    summary,
    example: `ax permissioned ${verb} ${examplePeer}`,
    run: (session, input) => changeList(session, operation, input, did, already),
  }
}

function staticLeaf(verb: string, operation: StaticOperation, summary: string, did: string, already: string): Leaf {
  return {
    verb,
    arguments: '<address...>',
    summary,
    example: `ax static ${verb} /ip4/10.0.0.2/tcp/4001/p2p/${examplePeer}`,
    run: (session, input) => changeList(session, operation, input, did, already),
  }
}

async function changeList(
  session: Session,
  operation: ListOperation | StaticOperation,
  input: Input,
  did: string,
  already: string,
): Promise<Outcome> {
  const entries = [...input.list('entry'), ...input.list('address')]
  return changeOutcome(await session.call(operation, { entries }), did, already)
}

async function enable(session: Session, input: Input): Promise<Outcome> {
  const result = await session.call('permissioned.enable', {}, input.optional('node'))
  return { result, view: text(['Permissioned: on', ...cutLines(result.cut)].join('\n')), notices: result.notices }
}

async function check(session: Session, input: Input): Promise<Outcome> {
  const verdict = await session.call('permissioned.check', { peer: input.text('peer') }, input.optional('node'))
  const { peer, inbound, outbound, because } = verdict
  return {
    result: verdict,
    view: fields({ Peer: peer, Inbound: inbound, Outbound: outbound, Because: because }),
    names: [peer],
  }
}

async function list(session: Session, input: Input): Promise<Outcome> {
  const gate = await session.call('permissioned.status', {}, input.optional('node'))
  const chosen = input.flag('banned') ? gate.lists.disallowed : gate.lists.permissioned
  return { result: chosen, view: listView(chosen), names: chosen.peers }
}

async function importList(session: Session, input: Input): Promise<Outcome> {
  const document = await readArgument(session, `@${input.text('file').replace(/^@/, '')}`)
  const { readEntries } = await import('../entry-file.ts')
  const request: OperationInput<'permissioned.add'> = { entries: readEntries(document) }
  return changeOutcome(
    await session.call('permissioned.add' satisfies OperationName, request, input.optional('node')),
    'Added',
    'Stood there already:',
  )
}

/** Lists that differ between nodes are the seed's warning: some pairs connect and others do not. */
async function diff(session: Session, input: Input): Promise<Outcome> {
  const nodes = input.list('node')
  const lists = await Promise.all(nodes.map((node) => session.call('permissioned.status', {}, node)))
  const held = lists.map((gate) => new Set(gate.lists.permissioned.peers))
  const peers = [...new Set(held.flatMap((set) => [...set]))].sort()
  const differing = peers.filter((peer) => held.some((set) => !set.has(peer)))
  const rows = differing.map((peer) => [peer, ...held.map((set) => set.has(peer))])
  return {
    result: {
      nodes,
      peers: differing.map((peer) => ({ peer, listedOn: nodes.filter((_, at) => held[at]?.has(peer)) })),
    },
    view: table(['PEER', ...nodes], rows, { empty: `The lists of ${String(nodes.length)} nodes are the same.` }),
    names: differing,
    ...(differing.length === 0 ? {} : { exit: 1 }),
  }
}
