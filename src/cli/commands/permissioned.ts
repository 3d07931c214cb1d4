import { fail } from '../../base/index.ts'
import type { OperationInput, OperationName } from '../../operations/index.ts'
import { readArgument } from '../value.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, text, type Outcome } from '../outcome.ts'
import type { Session } from '../session.ts'
import { changeOutcome, cutLines, gateView, listView, standingsView } from './gate-view.ts'
import { diffLists } from './list-diff.ts'

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
    `Puts peers on permissioned-nodes.json, or with --team on the team's list: ${entryForms}.`,
    'Added',
    'Stood there already:',
  ),
  listLeaf(
    'remove',
    'permissioned.remove',
    'Takes peers off permissioned-nodes.json, or with --team bars them on every node it governs, and cuts them.',
    'Removed',
    'Was not there:',
  ),
  {
    verb: 'ls',
    arguments: '[node]',
    summary: 'Every peer that a list names, and which list admits or bars it: the file, the team, the bans.',
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
    summary: 'Compares the lists of nodes: who is admitted here and not there, by which list, and the digests.',
    example: 'ax permissioned diff 127.0.0.1:4458 127.0.0.1:4459',
    exits: { 1: 'they differ' },
    run: diffLists,
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
  if (operation === 'permissioned.add' || operation === 'permissioned.remove') {
    const request = { entries, ...ofTeam(session), force: session.settled.force }
    return changeOutcome(await session.call(operation, request), did, already)
  }
  // Not a word that changes nothing: who bans by a team means every node of it.
  if (operation === 'permissioned.ban' && session.settled.team !== undefined) {
    const hint = 'To keep a node out wherever the team governs: ax permissioned remove NODE --team T'
    throw fail('ERR_CLI_USAGE', { what: 'A ban stands in the file of one node; a team has none.', hint })
  }
  return changeOutcome(await session.call(operation, { entries }), did, already)
}

function ofTeam(session: Session): { team?: string } {
  return session.settled.team === undefined ? {} : { team: session.settled.team }
}

async function enable(session: Session, input: Input): Promise<Outcome> {
  const result = await session.call('permissioned.enable', {}, input.optional('node'))
  return { result, view: text(['Permissioned: on', ...cutLines(result.cut)].join('\n')), notices: result.notices }
}

async function check(session: Session, input: Input): Promise<Outcome> {
  const verdict = await session.call('permissioned.check', { peer: input.text('peer') }, input.optional('node'))
  const { peer, inbound, outbound, because, admittedBy, barredBy } = verdict
  return {
    result: verdict,
    view: fields({
      Peer: peer,
      Inbound: inbound,
      Outbound: outbound,
      Because: because,
      'Admitted by': admittedBy.join(' '),
      'Barred by': barredBy.join(' '),
    }),
    names: [peer],
  }
}

async function list(session: Session, input: Input): Promise<Outcome> {
  const gate = await session.call('permissioned.status', {}, input.optional('node'))
  const { lists, digest, governing, peers } = gate
  if (input.flag('banned'))
    return { result: lists.disallowed, view: listView(lists.disallowed), names: lists.disallowed.peers }
  const listed = peers.filter((one) => one.listed).map(({ peer }) => peer)
  return { result: { peers, digest, governing }, view: standingsView(gate), names: listed }
}

async function importList(session: Session, input: Input): Promise<Outcome> {
  const document = await readArgument(session, `@${input.text('file').replace(/^@/, '')}`)
  const { readEntries } = await import('../entry-file.ts')
  const request: OperationInput<'permissioned.add'> = { entries: readEntries(document), ...ofTeam(session) }
  return changeOutcome(
    await session.call('permissioned.add' satisfies OperationName, request, input.optional('node')),
    'Added',
    'Stood there already:',
  )
}
