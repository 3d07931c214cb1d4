import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../../base/index.ts'
import { formatSwarmKey, type SwarmKeyForm } from '../../codec/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, parts, text, type Outcome } from '../outcome.ts'
import { qrView } from '../qr-view.ts'
import type { Session } from '../session.ts'
import { readArgument } from '../value.ts'
import { peersView } from './nodes.ts'
import { ringView, swarmRotationLeaves } from './swarm-rotation.ts'

const examplePeer = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'
const keyForm = { flags: '--format <form>', summary: 'file, file-base64 or base64' }

export const swarmsLeaves: readonly Leaf[] = [
  {
    verb: 'listKeys',
    aliases: ['list-keys', 'listkeys'],
    summary: 'Your key pairs, by their public keys.',
    example: 'ax swarms listKeys',
    run: listKeys,
  },
  {
    verb: 'keygen',
    summary: 'Makes a swarm key: whoever holds it can join the swarm.',
    options: [
      { flags: '-o, --out <file>', summary: 'write it there, mode 0600; into a directory as swarm.key' },
      keyForm,
    ],
    example: 'ax swarms keygen -o swarm.key',
    exits: { 7: 'the file exists' },
    run: generateKey,
  },
  {
    verb: 'show',
    arguments: '[node]',
    summary: 'The swarm as a node sees it.',
    example: 'ax swarms show',
    run: showSwarm,
  },
  {
    verb: 'peers',
    arguments: '[node]',
    summary: 'Peers that are connected now.',
    example: 'ax swarms peers',
    run: async (session, input) => {
      const answer = await session.call('swarms.peers', {}, input.optional('node'))
      return { result: answer, view: peersView(answer.peers), names: answer.peers.map(({ peer }) => peer) }
    },
  },
  {
    verb: 'connect',
    arguments: '<address> [node]',
    summary: 'Connects the node to a peer.',
    example: `ax swarms connect /ip4/10.0.0.2/tcp/4001/p2p/${examplePeer}`,
    exits: { 11: 'the peer has another swarm key' },
    run: connectPeer,
  },
  {
    verb: 'disconnect',
    arguments: '<peer> [node]',
    summary: 'Closes the connections with a peer; to keep it out, use ax permissioned ban.',
    example: `ax swarms disconnect ${examplePeer}`,
    run: disconnectPeer,
  },
  {
    verb: 'addrs',
    aliases: ['addresses'],
    arguments: '[node]',
    summary: 'Addresses others can reach the node at.',
    example: 'ax swarms addrs',
    run: async (session, input) => {
      const answer = await session.call('swarms.addresses', {}, input.optional('node'))
      return { result: answer, view: text(answer.addresses.join('\n')), names: answer.addresses }
    },
  },
  {
    verb: 'ping',
    arguments: '<peer> [node]',
    summary: 'Round trip between the node and a connected peer.',
    example: `ax swarms ping ${examplePeer}`,
    run: async (session, input) => {
      const answer = await session.call('swarms.ping', { peer: input.text('peer') }, input.optional('node'))
      return { result: answer, view: text(`${answer.peer}: ${String(answer.ms)} ms`), names: [answer.peer] }
    },
  },
  {
    verb: 'invite',
    arguments: '[node]',
    summary: 'The line for axd init --join; with --team it names a team, too.',
    options: [
      { flags: '--with-key', summary: 'with the swarm key in it: then it is as secret as that' },
      { flags: '--qr', summary: 'as a QR code' },
    ],
    example: 'ax swarms invite',
    run: inviteToSwarm,
  },
  {
    verb: 'export',
    arguments: '[node]',
    summary: "The node's swarm key itself, a secret.",
    options: [
      { flags: '-o, --out <file>', summary: 'write it there, mode 0600' },
      keyForm,
      { flags: '--qr', summary: 'as a QR code' },
    ],
    example: 'ax swarms export -o swarm.key',
    run: exportKey,
  },
  {
    verb: 'import',
    arguments: '<file> [node]',
    summary: 'Gives the node another swarm key from FILE, or @- for standard input; it counts from the next start.',
    options: [{ flags: '--beside', summary: 'turn to it at once, and still accept the old one until it is retired' }],
    example: 'ax swarms import swarm.key --yes',
    exits: { 12: 'nobody to ask: add --yes' },
    run: importKey,
  },
  ...swarmRotationLeaves,
]

/** The seed's two lines, then one key a line and nothing else on it. */
async function listKeys(session: Session): Promise<Outcome> {
  const keys = (await session.keystore.list()).filter(({ kind }) => kind === 'ed25519')
  const texts = keys.map(({ publicText }) => publicText)
  const lines = [
    `Local keystore location: ${session.keystore.directory}`,
    'Available key pairs (identified by the respective public key):',
    ...texts,
  ]
  return {
    result: { location: session.keystore.directory, keys: keys.map(({ name, publicText: key }) => ({ name, key })) },
    view: text(lines.join('\n')),
    names: texts,
  }
}

async function generateKey(_: Session, input: Input): Promise<Outcome> {
  const { generateSwarmKey, swarmKeyFingerprint, systemRandom } = await import('../../keys/index.ts')
  const key = generateSwarmKey(systemRandom)
  const fingerprint = swarmKeyFingerprint(key)
  const out = input.optional('out')
  const form = readForm(input, out === undefined ? 'base64' : 'file')
  const keyText = formatSwarmKey(key, form)
  if (out === undefined) return { result: { key: keyText, fingerprint }, view: text(keyText), names: [keyText] }
  return writtenKey(await writeKey(out, keyText), fingerprint)
}

async function inviteToSwarm(session: Session, input: Input): Promise<Outcome> {
  const { team } = session.settled
  const request = { withKey: input.flag('withKey'), ...(team === undefined ? {} : { team }) }
  const answer = await session.call('swarms.invite', request, input.optional('node'))
  const view = input.flag('qr') ? await qrView(answer.line) : text(answer.line)
  return { result: answer, view, names: [answer.line] }
}

async function exportKey(session: Session, input: Input): Promise<Outcome> {
  const format = readForm(input, 'file')
  const answer = await session.call('swarms.export', { format }, input.optional('node'))
  const out = input.optional('out')
  if (out !== undefined) return writtenKey(await writeKey(out, answer.key), answer.fingerprint)
  if (!input.flag('qr')) return { result: answer, view: text(answer.key), names: [answer.fingerprint] }
  return { result: answer, view: await qrView(answer.key.trim()), names: [answer.fingerprint] }
}

function writtenKey(path: string, fingerprint: string): Outcome {
  return {
    result: { path, fingerprint },
    view: text(`Wrote the swarm key with fingerprint ${fingerprint} to ${path}.`),
    names: [path],
  }
}

async function writeKey(out: string, keyText: string): Promise<string> {
  const { createSecretFile } = await import('../../files/index.ts')
  const path = isDirectory(out) ? join(out, 'swarm.key') : out
  await createSecretFile(path, keyText.endsWith('\n') ? keyText : `${keyText}\n`)
  return path
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function readForm(input: Input, fallback: SwarmKeyForm): SwarmKeyForm {
  const form = input.optional('format') ?? fallback
  if (form === 'file' || form === 'file-base64' || form === 'base64') return form
  throw fail('ERR_CLI_USAGE', {
    what: `"${form}" is not file, file-base64 or base64.`,
    hint: 'ax swarms keygen --help',
  })
}

async function importKey(session: Session, input: Input): Promise<Outcome> {
  const file = input.text('file')
  const key = await readArgument(session, file.startsWith('@') ? file : `@${file}`)
  const beside = input.flag('beside')
  if (!beside) await session.confirm("Replace the node's swarm key? Peers with the old one cannot connect any more.")
  const { force } = session.settled
  const result = await session.call('swarms.import', { key, beside, force }, input.optional('node'))
  const when = result.restartNeeded ? ' It counts from the next start.' : ''
  return {
    result,
    view: text(`The node has the swarm key with fingerprint ${result.fingerprint}.${when}`),
    names: [result.fingerprint],
  }
}

async function showSwarm(session: Session, input: Input): Promise<Outcome> {
  const swarm = await session.call('swarms.show', {}, input.optional('node'))
  return {
    result: swarm,
    view: parts(
      fields({
        'Swarm key': swarm.published ? `${swarm.fingerprint} (published!)` : swarm.fingerprint,
        Addresses: swarm.addresses.join('\n'),
        'Initial peers': swarm.bootstrapNodes.join('\n'),
        Peers: swarm.peers,
      }),
      ...(swarm.keys.length > 1 ? [ringView(swarm.keys)] : []),
    ),
    names: [swarm.fingerprint],
  }
}

async function connectPeer(session: Session, input: Input): Promise<Outcome> {
  const peer = await session.call('swarms.connect', { address: input.text('address') }, input.optional('node'))
  return { result: peer, view: text(`Connected to ${peer.peer} (${peer.name}).`), names: [peer.peer] }
}

async function disconnectPeer(session: Session, input: Input): Promise<Outcome> {
  const answer = await session.call('swarms.disconnect', { peer: input.text('peer') }, input.optional('node'))
  const closed = answer.closed === 0 ? 'was not connected' : `${String(answer.closed)} closed`
  return { result: answer, view: text(`${answer.peer}: ${closed}.`), names: [answer.peer] }
}
