import { lstat, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { KnownVerdict } from '../access/index.ts'
import { fail } from '../base/index.ts'
import { knownAddress, parsePublicIdentity, peerIdText, type NodeAddress } from '../codec/index.ts'
import { withPreamble } from './failure.ts'
import type { Settled } from './global-options.ts'
import { checkedPoint, openKeys } from '../keys/index.ts'
import type { ConfigPaths } from './config-paths.ts'
import { openKnownNodes } from './known-nodes-file.ts'
import type { Terminal } from './terminal.ts'

const asksMax = 3

/** Stops a dial whose node is not known: there is a question to be asked first. */
export class Undecided extends Error {
  readonly peer: string

  constructor(peer: string) {
    super('not known yet')
    this.peer = peer
  }
}

export interface QuestionParts {
  readonly paths: ConfigPaths
  readonly terminal: Terminal
}

export interface NodeJudge {
  /** Passes a known identity; throws `Undecided` where somebody has to say yes, and codes of `access` otherwise. */
  check(peer: string, publicKey: Uint8Array): Promise<void>
  /** The seed's dialogue; returns after a yes, with the identity recorded. */
  ask(peer: string): Promise<void>
}

/**
 * Who may answer at an address (`CLI.md` 6): known nodes, a pin in the address, private sockets, a person.
 * Without `records` whoever is not known passes, and nothing is written: for health checks that ask nothing.
 */
export function createNodeJudge(
  address: NodeAddress,
  settled: Settled,
  parts: QuestionParts,
  options: { readonly records: boolean } = { records: true },
): NodeJudge {
  const book = openKnownNodes(parts.paths.knownNodes)
  const pinned = address.peer ?? settled.expect
  return {
    async check(peer, publicKey) {
      const place = await placeOf(address)
      const verdict = await book.judge(place, peer)
      if (verdict.kind === 'known') return
      if (verdict.kind === 'revoked') throw fail('ERR_ACCESS_NODE_REVOKED', { peer, path: parts.paths.knownNodes })
      if (verdict.kind === 'changed') throw changed(address.typed, peer, verdict.known, parts.paths.knownNodes)
      await checkPoint(publicKey)
      if (pinned !== undefined || !options.records) return
      if (settled.acceptNew || (await isPrivateSocket(address))) {
        await book.add(place, peer)
        return
      }
      if (!parts.terminal.interactive || !settled.input) throw nobodyToAsk(address, peer)
      throw new Undecided(peer)
    },
    async ask(peer) {
      if (!(await inTurn(() => saysYes(address.typed, peer, parts))))
        throw fail('ERR_CLI_NODE_DECLINED', { address: address.typed, peer })
      await book.add(await placeOf(address), peer)
    },
  }
}

/** A first contact is the one moment when libsodium must say whether the key is a point that may count. */
async function checkPoint(publicKey: Uint8Array): Promise<void> {
  checkedPoint(await openKeys(), publicKey)
}

/** The address as it stands in `known_nodes`: a socket goes by its real path. */
export async function placeOf(address: NodeAddress): Promise<string> {
  if (address.kind !== 'unix') return knownAddress(address)
  return realpath(address.path).catch(() => address.path)
}

function changed(typed: string, peer: string, known: ChangedNodes, path: string) {
  const lines = [
    `WARNING: '${typed}' answers with another identity than before.`,
    ...known.map((node) => `Known since ${node.since.slice(0, 10)}: ${node.peer}`),
    `Answering now:          ${peer}`,
    'Nothing was sent to it. Compare with `ax nodes id` on that machine, then:',
    `  ax hosts verify ${typed} ${peer}`,
  ]
  const error = fail('ERR_ACCESS_NODE_CHANGED', {
    address: typed,
    known: known.map((node) => node.peer),
    answering: peer,
    path,
    line: known[0]?.line ?? 0,
    verify: `ax hosts verify ${typed} ${peer}`,
  })
  return withPreamble(error, lines.join('\n'))
}

type ChangedNodes = (KnownVerdict & { kind: 'changed' })['known']

function nobodyToAsk(address: NodeAddress, peer: string) {
  const pinned = address.typed.startsWith('/') ? `${address.typed}/p2p/${peer}` : `${address.typed} --expect ${peer}`
  return fail('ERR_ACCESS_NODE_UNKNOWN', {
    address: address.typed,
    peer,
    hint: `If you know that this is the right node: --node ${pinned}, or: ax hosts verify ${address.typed} ${peer}`,
  })
}

/** There is one terminal: a command that meets two unknown nodes asks about one after the other. */
let questions: Promise<unknown> = Promise.resolve()

function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  const asked = questions.then(ask)
  questions = asked.catch(() => undefined)
  return asked
}

/** `yes`, or the PeerId itself, which is the careful yes; `no` and the end of input are a no; else it asks again. */
async function saysYes(typed: string, peer: string, { terminal }: QuestionParts): Promise<boolean> {
  terminal.writeError(`The authenticity of host '${typed}' can't be established.\nNode's ID is '${peer}'.\n`)
  let question = 'Are you sure you want to continue connecting (yes/no)? '
  for (let asks = 0; asks < asksMax; asks++) {
    const answer = (await terminal.ask(question))?.trim()
    if (answer === undefined || answer === 'no') return false
    if (answer === 'yes') return true
    const named = peerOf(answer)
    if (named === peer) return true
    question = `${named === undefined ? '' : 'This node has another ID. '}Please type 'yes', 'no' or the node's ID: `
  }
  return false
}

function peerOf(answer: string): string | undefined {
  try {
    return peerIdText(parsePublicIdentity(answer).pk)
  } catch {
    return undefined
  }
}

/** A socket in a directory that belongs to root or to us, where nobody else may write: its owner is who we think. */
async function isPrivateSocket(address: NodeAddress): Promise<boolean> {
  if (address.kind !== 'unix') return false
  const directory = await stat(dirname(await placeOf(address)))
  const socket = await lstat(await placeOf(address))
  const me = process.geteuid?.()
  const ownedWell = [directory.uid, socket.uid].every((uid) => uid === 0 || uid === me)
  return ownedWell && socket.isSocket() && (directory.mode & 0o022) === 0
}
