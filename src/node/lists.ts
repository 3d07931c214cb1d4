import { resolve } from 'node:path'
import { asHyraxError, fail, limits, type Log } from '../base/index.ts'
import {
  listDigest,
  listFiles,
  parseNodeList,
  permittedPeers,
  printNodeList,
  standingOf,
  standings,
  unreadableList,
  withEntry,
  withoutPeer,
  type Gate,
  type ListKind,
  type NodeList,
  type TeamFacts,
} from '../access/index.ts'
import { parseListEntry, peerIdText } from '../codec/index.ts'
import { readTextFile, watchFiles, writeFileAtomic } from '../files/index.ts'
import { readIdentityText, type Keys } from '../keys/index.ts'
import type { OperationOutput } from '../operations/index.ts'
import type { ListDigests } from '../swarm/index.ts'
import { createListDigests, type ListDigestBook } from './list-digests.ts'
import { createQuietTimer } from './quiet-timer.ts'

export interface ListChange {
  readonly list: ListKind
  readonly verb: 'add' | 'remove'
}
type GateStatus = OperationOutput<'permissioned.status'>
type ChangeResult = OperationOutput<'permissioned.add'>
type Cut = ChangeResult['cut']

/** The three list files of the data directory, live, and the gate they feed. */
export interface NodeLists {
  /** The one gate of the node's life. */
  readonly gate: Gate
  /** Turns the gate on or off and judges live connections again. */
  setPermissioned(permissioned: boolean): Cut
  /** Adds entries to a list file or removes them, durable and judged before it returns. */
  change(change: ListChange, entries: readonly string[]): Promise<ChangeResult>
  check(peer: string): OperationOutput<'permissioned.check'>
  gateStatus(): GateStatus
  /** Addresses of `static-nodes.json`. */
  staticAddresses(): string[]
  /** Digests for hello; null where a list cannot be read. */
  digests(): ListDigests | null
  /** The team that governs says something else: judges live connections again. */
  onGovernment(team: TeamFacts | null): Cut
  /** What the latest judging cut. */
  lastCut(): Cut
  /** What is wrong with the lists, one line each. */
  warnings(): string[]
  close(): void
}

export interface NodeListsParts {
  readonly gate: Gate
  readonly keys: Keys
  readonly log: Log
  /** Aborts connections that no longer pass; called after every change, before it is acknowledged. */
  readonly rejudge: () => Cut
  /** The addresses to keep connected have changed. */
  readonly onStatic: (addresses: string[]) => void
  /** Peers whose hello showed other lists. */
  readonly differing: (digests: ListDigestBook) => GateStatus['differing']
  /** The team that governs, as people see it; null where none does. */
  readonly governing: () => GateStatus['governing']
  /** Where that team's list says a peer is. */
  readonly teamAddresses: (peer: string) => readonly string[]
}

export interface NodeListsOptions {
  readonly directory: string
  /** `--permissioned`: on for this run whatever the setting says. */
  readonly byFlag: boolean
  readonly bySetting: boolean
}

interface PlannedChange {
  readonly next: NodeList
  readonly changed: string[]
  readonly unchanged: string[]
}

const names: readonly ListKind[] = ['permissioned', 'disallowed', 'static']

/** Reads the lists, then watches them: a change is judged when it has been quiet, and nobody new gets in meanwhile. */
export async function openNodeLists(parts: NodeListsParts, options: NodeListsOptions): Promise<NodeLists> {
  const lists = new ListFiles(parts, options)
  for (const name of names) await lists.load(name)
  lists.watch()
  return lists
}

class ListFiles implements NodeLists {
  readonly gate: Gate
  readonly #parts: NodeListsParts
  readonly #directory: string
  readonly #byFlag: boolean
  #bySetting: boolean
  readonly #lists = new Map<ListKind, NodeList>()
  /** Each file as it was read last; undefined where it is missing or cannot be read. */
  readonly #texts = new Map<ListKind, string | undefined>()
  #watch: { close(): void } | undefined
  readonly #digests: ListDigestBook
  readonly #quiet: ReturnType<typeof createQuietTimer>
  /** Files are being read after a change from outside. */
  #isReading = false
  #queue: Promise<unknown> = Promise.resolve()
  #lastCut: Cut = { peers: [], ms: 0 }

  constructor(parts: NodeListsParts, options: NodeListsOptions) {
    this.#parts = parts
    this.#directory = options.directory
    this.#byFlag = options.byFlag
    this.#bySetting = options.bySetting
    this.gate = parts.gate
    this.gate.update({ permissioned: options.byFlag || options.bySetting })
    this.#digests = createListDigests(this.gate)
    this.#quiet = createQuietTimer({ quietMs: limits.listQuietMs, mostMs: limits.listQuietMsMax }, () => {
      this.#isReading = true
      void this.#inTurn(() => this.#settle())
    })
  }

  watch(): void {
    this.#watch = watchFiles(
      names.map((name) => this.#path(name)),
      (path) => void this.#look(path),
    )
  }

  close(): void {
    this.#watch?.close()
    this.#quiet.cancel()
  }

  async load(name: ListKind): Promise<void> {
    const { list, text } = await this.#read(name)
    this.#lists.set(name, list)
    this.#texts.set(name, text)
    if (list.state === 'unreadable')
      this.#parts.log.error('node list cannot be read', { file: this.#file(name), why: list.why })
    for (const skipped of list.skipped)
      this.#parts.log.warn('entry of a node list skipped', { file: this.#file(name), ...skipped })
    if (name === 'static') this.#parts.onStatic(this.staticAddresses())
    else this.gate.update({ [name === 'permissioned' ? 'allowed' : 'disallowed']: list })
    this.#digests.note()
  }

  setPermissioned(permissioned: boolean): Cut {
    this.#bySetting = permissioned
    this.gate.update({ permissioned: this.#byFlag || permissioned })
    return this.#rejudge()
  }

  onGovernment(team: TeamFacts | null): Cut {
    this.gate.update({ team })
    this.#digests.note()
    return this.#rejudge()
  }

  change(change: ListChange, entries: readonly string[]): Promise<ChangeResult> {
    return this.#inTurn(() => this.#change(change, entries))
  }

  check(peer: string): OperationOutput<'permissioned.check'> {
    const id = this.#peerOf(peer)
    const inbound = this.gate.admitInbound(id)
    const outbound = this.gate.admitDial(id)
    const word = (verdict: typeof inbound): string => (verdict.kind === 'admit' ? 'admitted' : verdict.code)
    const because = inbound.kind === 'admit' ? inbound.because : String(inbound.data['because'] ?? inbound.code)
    const { admittedBy, barredBy } = standingOf(this.gate.facts, id)
    const lists = { admittedBy: [...admittedBy], barredBy: [...barredBy] }
    return { peer: id, inbound: word(inbound), outbound: word(outbound), because, ...lists }
  }

  gateStatus(): GateStatus {
    const by = this.#byFlag ? 'flag' : this.#bySetting ? 'setting' : 'none'
    return {
      permissioned: this.gate.facts.permissioned,
      by,
      lists: {
        permissioned: this.#row('permissioned'),
        disallowed: this.#row('disallowed'),
        static: this.#row('static'),
      },
      digest: this.digests()?.permissioned ?? null,
      governing: this.#parts.governing(),
      peers: standings(this.gate.facts).map(({ peer, listed, admittedBy, barredBy }) => ({
        peer,
        listed,
        admittedBy: [...admittedBy],
        barredBy: [...barredBy],
        teamAddresses: [...this.#parts.teamAddresses(peer)],
      })),
      differing: this.#parts.differing(this.#digests),
    }
  }

  staticAddresses(): string[] {
    return this.#list('static').entries.flatMap((entry) => (entry.address === undefined ? [] : [entry.address]))
  }

  digests(): ListDigests | null {
    return this.#digests.own
  }

  lastCut(): Cut {
    return this.#lastCut
  }

  warnings(): string[] {
    const lines = names.flatMap((name) => {
      const list = this.#list(name)
      if (list.state === 'unreadable') return [`${this.#file(name)} cannot be read: ${list.why ?? ''}`]
      return list.skipped.length > 0
        ? [`${String(list.skipped.length)} entries of ${this.#file(name)} were skipped`]
        : []
    })
    const { permissioned } = this.gate.facts
    if (permissioned && permittedPeers(this.gate.facts).size === 0)
      lines.push('The gate is permissioned and no node is listed: nobody gets in or out.')
    return lines
  }

  /**
   * A sign that a file changed. Nobody new gets in until it is known what stands there; a change of our own, or a second
   * sign of one that was judged, is over with that.
   */
  async #look(path: string): Promise<void> {
    this.gate.update({ settling: true })
    const name = names.find((kind) => resolve(this.#path(kind)) === path)
    let isJudged: boolean
    do {
      await this.#queue
      isJudged = name !== undefined && (await this.#isAsLoaded(name))
      // Where the files began to be read meanwhile, what comes of that is what counts.
    } while (!isJudged && this.#isReading)
    if (isJudged) {
      if (!this.#quiet.isWaiting() && !this.#isReading) this.gate.update({ settling: false })
      return
    }
    this.gate.update({ settling: true })
    this.#quiet.sign()
  }

  async #isAsLoaded(name: ListKind): Promise<boolean> {
    if (this.#list(name).state === 'unreadable') return false
    const text = await this.#readText(name).catch(() => null)
    return text === this.#texts.get(name)
  }

  async #settle(): Promise<void> {
    try {
      for (const name of names) await this.load(name)
    } finally {
      this.#isReading = false
      this.gate.update({ settling: this.#quiet.isWaiting() })
    }
    const cut = this.#rejudge()
    this.#parts.log.info('node lists read again', { cut: cut.peers.length })
  }

  async #change({ list: name, verb }: ListChange, texts: readonly string[]): Promise<ChangeResult> {
    // From the disk: what a person saved a moment ago is not lost, though it is not judged yet.
    const { list: before } = await this.#read(name)
    if (before.state === 'unreadable') throw fail('ERR_ACCESS_LIST', { path: this.#path(name), why: before.why ?? '' })
    const { next, changed, unchanged } = verb === 'add' ? this.#added(before, texts) : this.#removed(before, texts)
    if (changed.length > 0) {
      await writeFileAtomic(this.#path(name), printNodeList(next.texts), { mode: 0o644, overwrite: true })
      await this.load(name)
    }
    const notices = this.#notices(name)
    if (name === 'permissioned' && verb === 'add') notices.push(...this.#stillOut([...changed, ...unchanged]))
    return { changed, unchanged, team: null, commands: [], cut: this.#rejudge(), notices }
  }

  /** Every text form of an identity may be added, not only those the file holds; it stands there as a PeerId then. */
  #added(before: NodeList, texts: readonly string[]): PlannedChange {
    const changed: string[] = []
    const unchanged: string[] = []
    let next = before
    for (const text of texts) {
      const entry = /^(\/|enode:|0|12D3)/.test(text.trim()) ? text : this.#peerOf(text)
      const { texts: list, peer, added } = withEntry(this.#parts.keys, next, entry)
      if (added) next = parseNodeList(this.#parts.keys, before.kind, printNodeList(list))
      ;(added ? changed : unchanged).push(peer)
    }
    return { next, changed, unchanged }
  }

  #removed(before: NodeList, texts: readonly string[]): PlannedChange {
    const changed: string[] = []
    const unchanged: string[] = []
    let next = before
    for (const text of texts) {
      const peer = this.#peerOf(text)
      const { texts: list, removed } = withoutPeer(next, peer)
      if (removed) next = parseNodeList(this.#parts.keys, before.kind, printNodeList(list))
      ;(removed ? changed : unchanged).push(peer)
    }
    return { next, changed, unchanged }
  }

  #notices(name: ListKind): string[] {
    return name === 'permissioned' && !this.gate.facts.permissioned
      ? ['The gate is open: this list counts once it is on (ax permissioned enable).']
      : []
  }

  /** Bars beat the list that was just written: who is named there stays out all the same. */
  #stillOut(peers: readonly string[]): string[] {
    return peers.flatMap((peer) => {
      const { barredBy } = standingOf(this.gate.facts, peer)
      if (barredBy.includes('disallowed')) return [`${peer} stays out: it is banned here. See: ax permissioned unban`]
      const { team } = this.#parts.governing() ?? {}
      if (!barredBy.includes('team') || team === undefined) return []
      return [`${peer} stays out: the team removed it. To take it back: ax permissioned add ${peer} --team ${team}`]
    })
  }

  #peerOf(text: string): string {
    const entry = text.trim()
    try {
      return parseListEntry(entry).peer
    } catch (error) {
      if (/^(\/|enode:)/.test(entry)) throw error
      return peerIdText(readIdentityText(this.#parts.keys, entry))
    }
  }

  #row(name: ListKind): GateStatus['lists']['static'] {
    const list = this.#list(name)
    return {
      file: this.#file(name),
      state: list.state,
      why: list.why ?? null,
      peers: [...list.peers],
      entries: [...list.texts],
      skipped: list.skipped.map(({ index, text, why }) => ({ index, text, why })),
      digest: name === 'static' ? null : listDigest(list),
    }
  }

  #list(name: ListKind): NodeList {
    const list = this.#lists.get(name)
    if (list === undefined) throw fail('ERR_INTERNAL_ERROR', { what: `list ${name} is not loaded` })
    return list
  }

  async #read(name: ListKind): Promise<{ list: NodeList; text: string | undefined }> {
    try {
      const text = await this.#readText(name)
      return { list: parseNodeList(this.#parts.keys, name, text), text }
    } catch (error) {
      return { list: unreadableList(name, asHyraxError(error).message), text: undefined }
    }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run)
    this.#queue = result.catch(() => undefined)
    return result
  }

  #readText(name: ListKind): Promise<string | undefined> {
    return readTextFile(this.#path(name), { bytesMax: limits.nodeListBytesMax })
  }

  #rejudge(): Cut {
    this.#lastCut = this.#parts.rejudge()
    return this.#lastCut
  }

  #file(name: ListKind): string {
    return listFiles[name]
  }

  #path(name: ListKind): string {
    return `${this.#directory}/${this.#file(name)}`
  }
}
