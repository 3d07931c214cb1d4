import { fail, limits } from '../../base/index.ts'
import { fromBase64, fromUtf8, nkeyText, peerIdText, parseAxKey } from '../../codec/index.ts'
import { createSecretFile, readSecretFile } from '../../files/index.ts'
import {
  describeKeyFile,
  fingerprintText,
  formatUnlockedKeyFile,
  generateBoxKey,
  generateIdentity,
  lockKeyFile,
  openAxPrivateKey,
  openNkeyFile,
  systemRandom,
  type KeyPair,
} from '../../keys/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import type { OptionSpec } from '../option-spec.ts'
import { openPair, type StoredKey } from '../keystore.ts'
import { fields, table, text, type Outcome } from '../outcome.ts'
import { defaultKeyName } from '../own-identity.ts'
import type { Session } from '../session.ts'

const unlocked: OptionSpec = {
  flags: '--unlocked',
  summary: 'without a passphrase: whoever can read the file has the key',
}
const variant: OptionSpec = { flags: '--kdf-variant <variant>', summary: 'id, or i as Constellation writes it (id)' }
const needsTerminal = { 12: 'nobody to ask: add --passphrase-file or --unlocked' }

/** Verbs about the key pairs in one's own keystore; none of them speaks to a node. */
export const keyPairLeaves: readonly Leaf[] = [
  {
    verb: 'generate',
    aliases: ['create'],
    summary: 'Makes a key pair.',
    options: [
      { flags: '--name <name>', summary: `its name (${defaultKeyName})` },
      { flags: '--type <type>', summary: 'ed25519 for identities, x25519 for boxes (ed25519)' },
      unlocked,
      variant,
    ],
    example: 'ax keys generate --name laptop --unlocked',
    exits: { 7: 'the name is taken', ...needsTerminal },
    run: generate,
  },
  { verb: 'ls', summary: 'Your key pairs.', example: 'ax keys ls', run: list },
  {
    verb: 'show',
    arguments: '[name]',
    summary: 'A key pair, its public half in every text form.',
    example: 'ax keys show',
    run: show,
  },
  {
    verb: 'passwd',
    arguments: '[name]',
    summary: 'Gives a key pair another passphrase.',
    options: [unlocked, variant, { flags: '--new-passphrase-file <file>', summary: 'where the new one stands' }],
    example: 'ax keys passwd laptop',
    exits: needsTerminal,
    run: changePassphrase,
  },
  {
    verb: 'import',
    arguments: '<file>',
    summary: 'Takes over a key file: ours, of Constellation or Tessera, or an nkey seed.',
    options: [
      { flags: '--name <name>', summary: 'its name here (imported)' },
      { flags: '--ax-private', summary: 'FILE holds a private key as the ax family writes it, 0 and 44 characters' },
      unlocked,
    ],
    example: 'ax keys import team.nk --name team --unlocked',
    exits: { 7: 'the name is taken', ...needsTerminal },
    run: importKey,
  },
  {
    verb: 'export',
    arguments: '[name]',
    summary: 'The public half; or with --private-to the key file as it is, into another file.',
    options: [{ flags: '--private-to <file>', summary: 'copy the private half there, mode 0600' }],
    example: 'ax keys export',
    run: exportKey,
  },
  {
    verb: 'rm',
    arguments: '<name>',
    summary: 'Deletes a key pair for good.',
    example: 'ax keys rm laptop --yes',
    exits: { 12: 'nobody to ask: add --yes' },
    run: removeKey,
  },
]

async function generate(session: Session, input: Input): Promise<Outcome> {
  const name = input.optional('name') ?? defaultKeyName
  const pair = makePair(input.optional('type') ?? 'ed25519')
  const key = await session.keystore.add(name, await keyFileText(session, input, pair), pair)
  return {
    result: { name: key.name, key: key.publicText, path: key.path, type: key.kind },
    view: fields({ Name: key.name, Key: key.publicText, File: key.path }),
    names: [key.publicText],
  }
}

function makePair(type: string): KeyPair {
  if (type === 'ed25519') return generateIdentity(systemRandom)
  if (type === 'x25519') return generateBoxKey(systemRandom)
  throw fail('ERR_CLI_USAGE', { what: `"${type}" is neither ed25519 nor x25519.`, hint: 'ax keys generate --help' })
}

/** Locked with a passphrase, or unlocked where that was asked for in so many words. */
async function keyFileText(session: Session, input: Input, secret: KeyPair): Promise<string> {
  if (input.flag('unlocked')) return formatUnlockedKeyFile(secret)
  const file = input.optional('newPassphraseFile')
  const password = await session.passphrase.choose('A passphrase', file)
  if (password === undefined) {
    throw fail('ERR_CLI_USAGE', { what: 'An empty passphrase locks nothing.', hint: 'Add --unlocked if you mean it.' })
  }
  const kdf = input.optional('kdfVariant') ?? 'id'
  if (kdf !== 'id' && kdf !== 'i') {
    throw fail('ERR_CLI_USAGE', { what: `--kdf-variant ${kdf}: neither id nor i.`, hint: 'ax keys generate --help' })
  }
  return lockKeyFile({ secret, password, random: systemRandom, variant: kdf })
}

async function list(session: Session): Promise<Outcome> {
  const keys = await session.keystore.list()
  const rows = await Promise.all(keys.map(async (key) => ({ ...about(key), state: await stateOf(session, key) })))
  return {
    result: { location: session.keystore.directory, keys: rows },
    view: table(
      ['NAME', 'KEY', 'TYPE', 'STATE', 'PEER'],
      rows.map((row) => [row.name, row.key, row.type, row.state, row.peer]),
      { empty: `no key pairs in ${session.keystore.directory}`, wide: ['PEER'] },
    ),
    names: keys.map(({ name }) => name),
  }
}

function about(key: StoredKey) {
  const peer = key.kind === 'ed25519' ? peerIdText(parseAxKey(key.publicText)) : null
  return { name: key.name, key: key.publicText, type: key.kind, peer }
}

async function stateOf(session: Session, key: StoredKey): Promise<string> {
  try {
    return describeKeyFile(await session.keystore.readPrivate(key), key.path).locked ? 'locked' : 'unlocked'
  } catch (error) {
    return `damaged: ${(error as Error).message}`
  }
}

/** By name; without one the only key, or the default one. */
async function chosen(session: Session, input: Input): Promise<StoredKey> {
  const name = input.optional('name') ?? session.settled.identity
  if (name !== undefined) return session.keystore.find(name)
  const [first, ...more] = await session.keystore.list()
  if (first !== undefined && more.length === 0) return first
  return session.keystore.find(defaultKeyName)
}

async function show(session: Session, input: Input): Promise<Outcome> {
  const key = await chosen(session, input)
  const state = await stateOf(session, key)
  const forms = key.kind === 'ed25519' ? identityForms(key.publicText) : boxForms(key.publicText)
  return {
    result: { name: key.name, type: key.kind, path: key.path, state, ...forms },
    view: fields({ Name: key.name, Type: key.kind, File: key.path, State: state, ...forms }),
    names: [key.publicText],
  }
}

function identityForms(publicText: string): Record<string, string> {
  const pk = parseAxKey(publicText)
  return { key: publicText, peerid: peerIdText(pk), nkey: nkeyText('U', pk), fingerprint: fingerprintText(pk) }
}

function boxForms(publicText: string): Record<string, string> {
  return { key: publicText, nkey: nkeyText('X', fromBase64(publicText)) }
}

async function changePassphrase(session: Session, input: Input): Promise<Outcome> {
  const key = await chosen(session, input)
  const pair = await openPair(await session.keystore.readPrivate(key), key, session.passphrase)
  await session.keystore.replacePrivate(key, await keyFileText(session, input, pair))
  const state = input.flag('unlocked') ? 'unlocked now' : 'locked with the new passphrase'
  return { result: { name: key.name, key: key.publicText }, view: text(`${key.name} is ${state}.`), names: [key.name] }
}

async function importKey(session: Session, input: Input): Promise<Outcome> {
  const path = input.text('file')
  const document = fromUtf8(await readSecretFile(path, { bytesMax: limits.keyFileBytesMax }))
  const pair = await readForeign(session, document, path, input.flag('axPrivate'))
  const key = await session.keystore.add(
    input.optional('name') ?? 'imported',
    await keyFileText(session, input, pair),
    pair,
  )
  return {
    result: { name: key.name, key: key.publicText, path: key.path, type: key.kind },
    view: fields({ Name: key.name, Key: key.publicText, File: key.path }),
    names: [key.publicText],
  }
}

async function readForeign(session: Session, document: string, path: string, axPrivate: boolean): Promise<KeyPair> {
  if (axPrivate) return openAxPrivateKey(document)
  if (/^\s*\{/.test(document)) return openPair(document, { path }, session.passphrase)
  return openNkeyFile(document, path).pair
}

/** A private key goes from file to file, and never over a terminal. */
async function exportKey(session: Session, input: Input): Promise<Outcome> {
  const key = await chosen(session, input)
  const to = input.optional('privateTo')
  if (to === undefined) {
    return { result: { name: key.name, key: key.publicText }, view: text(key.publicText), names: [key.publicText] }
  }
  await createSecretFile(to, await session.keystore.readPrivate(key))
  return {
    result: { name: key.name, path: to },
    view: text(`Wrote the key file of ${key.name} to ${to}.`),
    names: [to],
  }
}

async function removeKey(session: Session, input: Input): Promise<Outcome> {
  const key = await session.keystore.find(input.text('name'))
  await session.confirm(`Delete ${key.name} (${key.publicText}) for good?`)
  await session.keystore.remove(key)
  return { result: { name: key.name, key: key.publicText }, view: text(`Deleted ${key.name}.`), names: [key.name] }
}
